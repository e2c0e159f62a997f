/** An expression of SQLite, parsed. */
export type Expression =
  | Literal
  | { kind: 'name'; name: string; quotes: 'none' | 'double' | 'other' }
  | { kind: 'unary'; operator: '-' | '+' | '~' | 'NOT'; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'is'; negated: boolean; left: Expression; right: Expression }
  | { kind: 'in'; negated: boolean; operand: Expression; list: Expression[] }
  | Between
  | Match
  | {
      kind: 'case';
      operand: Expression | null;
      branches: { when: Expression; result: Expression }[];
      otherwise: Expression | null;
    }
  | { kind: 'cast'; operand: Expression; declaredType: string }
  | { kind: 'collate'; operand: Expression; collation: string }
  | { kind: 'call'; name: string; args: Expression[] };

export interface Between {
  kind: 'between';
  negated: boolean;
  operand: Expression;
  low: Expression;
  high: Expression;
}

export interface Match {
  kind: 'match';
  operator: 'LIKE' | 'GLOB';
  negated: boolean;
  operand: Expression;
  pattern: Expression;
  escapedBy: Expression | null;
}

export type Literal =
  | { kind: 'null' }
  | { kind: 'integer'; value: bigint }
  | { kind: 'real'; value: number }
  | { kind: 'text'; value: string }
  | { kind: 'blob'; hex: string };

/** Why an expression has no certain translation: thrown within, a reason to the outside. */
export class Unsure extends Error {}
