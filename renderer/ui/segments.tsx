import type { ReactNode } from 'react';
import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';

/** One of a few, side by side; arrow keys move the choice. */
export function Segments<Id extends string>(props: {
  label: string;
  /** The label is for ears only: what stands around says it to eyes. */
  hideLabel?: boolean;
  value: Id;
  options: readonly { readonly id: Id; readonly words: string }[];
  disabled?: boolean;
  onChange: (id: Id) => void;
}): ReactNode {
  return (
    <RadioGroup
      className="segments"
      value={props.value}
      isDisabled={props.disabled === true}
      onChange={(id) => {
        const chosen = props.options.find((option) => option.id === id);
        if (chosen) props.onChange(chosen.id);
      }}
      orientation="horizontal"
    >
      <Label className={props.hideLabel === true ? 'hidden-label' : 'segments-label'}>{props.label}</Label>
      <span className="segments-row">
        {props.options.map(({ id, words }) => (
          <RadioField key={id} value={id} className="segment-field">
            <RadioButton className="segment">{words}</RadioButton>
          </RadioField>
        ))}
      </span>
    </RadioGroup>
  );
}
