import { type ReactNode, useEffect, useState } from 'react';
import { Button, Input, Label, SearchField } from 'react-aria-components';

/** Typing is over when nothing has been typed for so long, in ms. */
const settledMs = 250;

/** A field that filters what is shown; tells what is in it when the person stops typing, at once with Enter or when emptied. */
export function Search(props: {
  label: string;
  placeholder: string;
  clear: string;
  onSearch: (words: string) => void;
}): ReactNode {
  const { onSearch } = props;
  const [draft, setDraft] = useState('');
  const [told, setTold] = useState('');
  const tell = (words: string): void => {
    if (words === told) return;
    setTold(words);
    onSearch(words);
  };
  useEffect(() => {
    if (draft === told) return undefined;
    const timer = window.setTimeout(() => {
      setTold(draft);
      onSearch(draft);
    }, settledMs);
    return () => {
      window.clearTimeout(timer);
    };
  }, [draft, told, onSearch]);
  return (
    <SearchField
      className="search"
      value={draft}
      onChange={setDraft}
      onSubmit={tell}
      onClear={() => {
        tell('');
      }}
    >
      <Label className="hidden-label">{props.label}</Label>
      <Input className="field search-input" placeholder={props.placeholder} maxLength={200} />
      {draft === '' ? null : (
        <Button className="search-clear" aria-label={props.clear}>
          <span aria-hidden="true">✕</span>
        </Button>
      )}
    </SearchField>
  );
}
