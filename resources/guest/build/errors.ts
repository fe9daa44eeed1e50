/** Why an image cannot be built: a code, a sentence for a person, and what to do about it. */
export class BuildError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, sentence: string, hint: string) {
    super(sentence);
    this.code = code;
    this.hint = hint;
  }
}
