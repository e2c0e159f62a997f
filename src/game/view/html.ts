/** Texts that others have written, made safe to stand in a line of ours. */

const FIRST_STRONG_ISOLATE = '\u2068';
const POP_DIRECTIONAL_ISOLATE = '\u2069';

/** Marks, embeddings, overrides and isolates: with them a name could turn the line around. */
const DIRECTION_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const BLANKS = /[\s\p{Cc}]+/gu;
const VISIBLE = /[^\s\p{Cf}]/u;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The text as HTML on one line, with its own direction; at most `lengthMax` and two characters. */
export function userHtml(text: string, lengthMax: number): string {
  return isolate(cut(oneLine(text), lengthMax, escapeHtml));
}

/** The same for the label of a button, which is no HTML. */
export function userLabel(text: string, lengthMax: number): string {
  return isolate(cut(oneLine(text), lengthMax));
}

/** A line with no breaks and no marks of direction; empty when nothing in it can be seen. */
export function oneLine(text: string): string {
  const line = text.replace(DIRECTION_CONTROLS, '').replace(BLANKS, ' ').trim();
  return VISIBLE.test(line) ? line : '';
}

/** Makes HTML of a different direction stand in a line without turning what is around it. */
export function isolate(html: string): string {
  return `${FIRST_STRONG_ISOLATE}${html}${POP_DIRECTIONAL_ISOLATE}`;
}

/** Cuts between the characters that a reader sees; the length is that of what is encoded. */
function cut(text: string, lengthMax: number, encode = (part: string) => part): string {
  const whole = encode(text);
  if (whole.length <= lengthMax) return whole;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    const longer = kept + encode(segment);
    if (longer.length >= lengthMax) break;
    kept = longer;
  }
  return `${kept.trimEnd()}…`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
