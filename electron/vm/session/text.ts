/** Text of a guest as it may stand in a sentence or a window: no control characters, no reordering, bounded. */
export function cleanText(text: string, maxLength: number): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd]/g, ' ')
    .trim()
    .slice(0, maxLength);
}
