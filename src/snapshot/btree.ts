import type { PageFile } from './page-file.js';

const TABLE_INTERIOR = 0x05;
const INDEX_INTERIOR = 0x02;
const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;

/** Deepest b-tree SQLite builds (BTCURSOR_MAX_DEPTH); deeper means a loop. */
const DEPTH_MAX = 20;

/**
 * The rows of one table in key order, as units that can be read on their own.
 *
 * A unit is a whole leaf page (`cells[i]` is -1) or, in a WITHOUT ROWID table, one row that
 * lives on an interior page (`cells[i]` is its cell number).
 */
export interface RowUnits {
  pages: Int32Array;
  cells: Int32Array;
}

/**
 * Lists the units of the b-tree at `rootPage`, reading interior pages only.
 *
 * @throws CardctlError `source` when the tree breaks the file format.
 */
export function listRowUnits(file: PageFile, rootPage: number): RowUnits {
  const units = new UnitList();
  walk(file, rootPage, 0, units);
  return units.finish();
}

function walk(file: PageFile, page: number, depth: number, units: UnitList): void {
  if (depth > DEPTH_MAX) throw file.corrupt(`the b-tree at page ${page} is a loop`);
  const bytes = file.readRun(page, 1, Buffer.allocUnsafe(file.pageSize));
  const at = headerOffset(page);
  const kind = bytes.readUInt8(at);
  if (kind === TABLE_LEAF || kind === INDEX_LEAF) {
    units.push(page, -1);
    return;
  }
  if (kind !== TABLE_INTERIOR && kind !== INDEX_INTERIOR) {
    throw file.corrupt(`page ${page} is not a b-tree page (type ${kind})`);
  }
  const cellCount = bytes.readUInt16BE(at + 3);
  const children = new Int32Array(cellCount + 1);
  for (let cell = 0; cell < cellCount; cell++) {
    const pointerAt = at + 12 + cell * 2;
    if (pointerAt + 2 > bytes.length) throw file.corrupt(`page ${page} has too many cells`);
    const cellAt = bytes.readUInt16BE(pointerAt);
    if (cellAt + 4 > bytes.length) throw file.corrupt(`page ${page} points past itself`);
    children[cell] = bytes.readUInt32BE(cellAt);
  }
  children[cellCount] = bytes.readUInt32BE(at + 8);
  // Leaves one level down need not be read to be listed: their parent's siblings tell the depth.
  const leavesBelow = kind === TABLE_INTERIOR && isLeaf(file, children[0] as number);
  for (let cell = 0; cell <= cellCount; cell++) {
    const child = children[cell] as number;
    if (leavesBelow) units.push(child, -1);
    else walk(file, child, depth + 1, units);
    if (kind === INDEX_INTERIOR && cell < cellCount) units.push(page, cell);
  }
}

function isLeaf(file: PageFile, page: number): boolean {
  const bytes = file.readRun(page, 1, Buffer.allocUnsafe(file.pageSize));
  return bytes.readUInt8(headerOffset(page)) === TABLE_LEAF;
}

/** Page 1 begins with the database header. */
export function headerOffset(page: number): number {
  return page === 1 ? 100 : 0;
}

class UnitList {
  #pages = new Int32Array(1024);
  #cells = new Int32Array(1024);
  #length = 0;

  push(page: number, cell: number): void {
    if (this.#length === this.#pages.length) this.#grow();
    this.#pages[this.#length] = page;
    this.#cells[this.#length++] = cell;
  }

  finish(): RowUnits {
    return {
      pages: this.#pages.slice(0, this.#length),
      cells: this.#cells.slice(0, this.#length),
    };
  }

  #grow(): void {
    const pages = new Int32Array(this.#pages.length * 2);
    pages.set(this.#pages);
    this.#pages = pages;
    const cells = new Int32Array(this.#cells.length * 2);
    cells.set(this.#cells);
    this.#cells = cells;
  }
}
