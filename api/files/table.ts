/** What a cell of an exported table holds. */
export type Cell = string | number | null;

/** An exported table: its columns' names, and its rows as they come, a batch at a time. */
export type Table = { columns: string[]; batches: AsyncIterable<Cell[][]> };

/** What spreadsheets take for the beginning of a formula, full-width forms included; and what they skip before one. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A text that no spreadsheet will calculate, whoever wrote it: an apostrophe stands before what could be a formula. */
export const neutralised = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
