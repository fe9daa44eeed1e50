import type { ReactNode } from 'react';
import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';

export interface PickOption<Id extends string> {
  readonly id: Id;
  readonly words: string;
  /** A second line about it. */
  readonly note?: string;
  /** BCP 47, where its words are in another language than the page's. */
  readonly lang?: string;
}

/** One of many, from a list that opens. */
export function Pick<Id extends string>(props: {
  label: string;
  hideLabel?: boolean;
  /** Of what stands beside it and describes it. */
  describedBy?: string;
  value: Id;
  options: readonly PickOption<Id>[];
  disabled?: boolean;
  onChange: (id: Id) => void;
}): ReactNode {
  return (
    <Select
      className="pick"
      value={props.value}
      isDisabled={props.disabled === true}
      {...(props.describedBy === undefined ? {} : { 'aria-describedby': props.describedBy })}
      onChange={(key) => {
        const chosen = props.options.find(({ id }) => id === key);
        if (chosen) props.onChange(chosen.id);
      }}
    >
      <Label className={props.hideLabel === true ? 'hidden-label' : 'pick-label'}>{props.label}</Label>
      <Button className="field pick-button">
        <SelectValue className="pick-value">
          {() => props.options.find(({ id }) => id === props.value)?.words}
        </SelectValue>
        <span className="pick-mark" aria-hidden="true" />
      </Button>
      <Popover className="pick-list" offset={4}>
        <ListBox items={props.options.map((option) => ({ ...option }))}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.words} className="pick-option">
              <Text slot="label" lang={option.lang}>
                {option.words}
              </Text>
              {option.note === undefined ? null : (
                <Text slot="description" className="soft small">
                  {option.note}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
