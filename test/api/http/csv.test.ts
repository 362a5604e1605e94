import { csvLine } from '../../../api/http/csv';

test('a cell that a spreadsheet would carry out begins with an apostrophe; a number stays one', () => {
  expect(csvLine(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\n=1', '＝1', -1, 'a=b'])).toBe(
    `"'=1+1","'+1","'-1","'@SUM(A1)","'\tx","'\n=1","'＝1",-1,a=b\r\n`,
  );
});

test('quotes, commas and line ends stay within their cell', () => {
  expect(csvLine(['a "b"', 'c,d', 'e\nf', null, true, '网站'])).toBe(`"a ""b""","c,d","e\nf",,true,网站\r\n`);
});
