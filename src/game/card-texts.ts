import type { CardRow } from '../store/rows.js';

/** The abilities that a card tells of; none when the column holds no list of texts. */
export function abilitiesOf({ abilities }: Pick<CardRow, 'abilities'>): string[] {
  return textsIn(parse(abilities));
}

/** What a card says on an occasion, e.g. `win`; null when it has nothing to say. */
export function dialogOf({ dialogs }: Pick<CardRow, 'dialogs'>, occasion?: string): string | null {
  const said = dialogs === null ? null : parse(dialogs);
  if (Array.isArray(said) || occasion === undefined) return textsIn(said)[0] ?? null;
  return textsIn((said as Record<string, unknown> | null)?.[occasion])[0] ?? null;
}

/** JSON that a person has typed by hand may be none: then the card is shown without it. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
