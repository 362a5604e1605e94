import { sniffType } from '../../../api/files/sniff';
import * as samples from './samples';

const bytes = (text: string) => Buffer.from(text);
/** A GB 18030 text, as Chinese Excel writes its CSV: 姓名,金额. */
const gb18030 = Buffer.from('d0d5c3fb2cbdf0b6ee0d0a', 'hex');
const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('需求说明', 'utf16le')]);

describe('DLV-14: the type of a file is measured', () => {
  test.each<[string, Buffer, string]>([
    ['photo.png', samples.png, 'image/png'],
    ['照片.JPEG', samples.jpeg, 'image/jpeg'],
    ['a.gif', samples.gif, 'image/gif'],
    ['合同.pdf', samples.pdf, 'application/pdf'],
    ['a.docx', samples.docx, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.xlsx', samples.xlsx, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['a.pptx', samples.pptx, 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['a.zip', samples.zip({ 'readme.txt': 'hello' }), 'application/zip'],
    ['a.rar', samples.rar, 'application/x-rar-compressed'],
    ['a.doc', samples.oldOffice, 'application/msword'],
    ['a.xls', samples.oldOffice, 'application/vnd.ms-excel'],
    ['a.doc', bytes('{\\rtf1\\ansi hello}'), 'application/rtf'],
    ['a.txt', bytes('需求：每天备份一次 🙂'), 'text/plain'],
    ['a.txt', utf16, 'text/plain'],
    ['a.csv', bytes('\uFEFF姓名,金额\r\n'), 'text/csv'],
    ['a.csv', gb18030, 'text/csv'],
    ['a.json', bytes('{"a": 1}'), 'application/json'],
    ['README.md', bytes('# Title\n\nText'), 'text/markdown'],
    ['deploy.log', bytes('10:00 \x1b[32mok\x1b[0m\n'), 'text/plain'],
    ['main.py', bytes('print("hi")\n'), 'text/plain'],
    ['no extension', samples.png, 'image/png'],
    ['plan.drawio2', bytes('text'), 'text/plain'],
    ['data.bin', Buffer.from([0, 1, 2, 3]), 'application/octet-stream'],
    ['name.constructor', bytes('text'), 'text/plain'],
  ])('%s', async (name, head, type) => {
    expect(await sniffType(name, head)).toBe(type);
  });

  test('an office file whose naming entry lies beyond the head is what its name says, being a zip', async () => {
    const head = samples.zip({ 'docProps/thumbnail.jpeg': Buffer.alloc(70_000) }).subarray(0, 65_536);
    expect(await sniffType('a.docx', head)).toMatch(/wordprocessingml/);
  });

  test('a text that begins like a magic number is a text', async () => {
    expect(await sniffType('a.txt', bytes('MZ is a country code\n'))).toBe('text/plain');
    expect(await sniffType('a.csv', bytes('BM,amount\n1,2\n'))).toBe('text/csv');
  });
});

describe('DLV-14: what a browser would run is kept as plain text', () => {
  test.each<[string, string]>([
    ['page.html', '<!DOCTYPE html><script>alert(1)</script>'],
    ['page.htm', '\uFEFF \n<!-- note --><html><body>hi</body></html>'],
    ['logo.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['logo.svg', '<?xml version="1.0"?><!DOCTYPE svg><svg/>'],
    ['data.xml', '<?xml version="1.0"?><a/>'],
    ['data.csv', '<script>alert(1)</script>'],
    ['data.json', '<img src=x onerror=alert(1)>'],
    ['no extension', '<html>'],
  ])('%s %s', async (name, text) => {
    expect(await sniffType(name, bytes(text))).toBe('text/plain');
  });

  test('in linear time, whatever is nested in it', async () => {
    const started = performance.now();
    await sniffType('a.html', bytes('<!---->'.repeat(9_000)));
    await sniffType('a.txt', bytes(`${' '.repeat(65_000)}x`));
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('DLV-14: a file that is not what its extension says is refused', () => {
  test.each<[string, Buffer, string]>([
    ['photo.png', samples.jpeg, 'image/jpeg'],
    ['photo.png', bytes('<html><script>alert(1)</script>'), 'text/html'],
    ['photo.jpg', bytes('<svg onload="alert(1)"/>'), 'image/svg+xml'],
    ['a.pdf', samples.docx, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.docx', samples.xlsx, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['a.docx', samples.oldOffice, 'application/x-cfb'],
    ['a.txt', samples.png, 'image/png'],
    ['a.csv', Buffer.from([0, 1, 2, 3]), 'application/octet-stream'],
    ['a.zip', samples.pdf, 'application/pdf'],
    ['a.mp4', bytes('hello'), 'text/plain'],
    ['a.exe', bytes('hello'), 'text/plain'],
  ])('%s', async (name, head, measured) => {
    await expect(sniffType(name, head)).rejects.toMatchObject({
      code: 'ATTACHMENT.TYPE_MISMATCH',
      extra: { errors: [{ path: 'file', message: expect.stringContaining(measured) }] },
    });
  });
});

describe('DLV-14: programs are refused under any name', () => {
  test.each<[string, Buffer]>([
    ['setup.exe', samples.windowsProgram],
    ['photo.png', samples.windowsProgram],
    ['tool', samples.linuxProgram],
    ['notes.txt', samples.linuxProgram],
    ['app', samples.macProgram],
    ['run.sh', bytes('#!/bin/sh\nrm -rf ~\n')],
    ['readme.txt', bytes('#! /usr/bin/env python\n')],
    ['readme.txt', bytes('\uFEFF#!/bin/sh\n')],
  ])('%s', async (name, head) => {
    await expect(sniffType(name, head)).rejects.toMatchObject({ code: 'ATTACHMENT.TYPE_NOT_ALLOWED' });
  });
});
