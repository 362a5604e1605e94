import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { projectRoot } from './parts/root';

/**
 * Draws the pictures in `assets/images`: the banner templates of 1920×300 px, and the logo of the demonstration shop.
 * They are committed; run this only to change one: `node scripts/run.mjs scripts/banner-templates`.
 */

type Look = { id: string; from: string; to: string; shapes: string };

const circles = (color: string) =>
  [
    [1500, 60, 220],
    [1720, 260, 160],
    [1300, 320, 120],
    [220, 330, 140],
  ]
    .map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${color}" fill-opacity="0.12"/>`)
    .join('');
const waves = (color: string) =>
  [200, 230, 260]
    .map((y) => {
      const line = `M0 ${y} C 320 ${y - 70} 640 ${y + 70} 960 ${y} S 1600 ${y - 70} 1920 ${y} V300 H0 Z`;
      return `<path d="${line}" fill="${color}" fill-opacity="0.14"/>`;
    })
    .join('');
const bars = (color: string) =>
  Array.from({ length: 7 }, (_, n) => {
    const x = 1180 + n * 110;
    return `<polygon points="${x},0 ${x + 60},0 ${x - 40},300 ${x - 100},300" fill="${color}" fill-opacity="${0.05 + n * 0.02}"/>`;
  }).join('');

const LOOKS: Look[] = [
  { id: 'img_banner_dawn', from: '#ff9966', to: '#ff5e62', shapes: circles('#ffffff') },
  { id: 'img_banner_ocean', from: '#0052d9', to: '#00a3c4', shapes: waves('#ffffff') },
  { id: 'img_banner_forest', from: '#0f5132', to: '#4c9f70', shapes: waves('#eaffea') },
  { id: 'img_banner_graphite', from: '#232526', to: '#4b5358', shapes: bars('#ffffff') },
  { id: 'img_banner_violet', from: '#41295a', to: '#8e54e9', shapes: circles('#ffffff') },
  { id: 'img_banner_sand', from: '#c79a5b', to: '#f3dfb5', shapes: bars('#7a4f1d') },
];

const drawing = ({ width, height }: { width: number; height: number }, { from, to, shapes }: Look) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>` +
      `<linearGradient id="g"><stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/>` +
      `</linearGradient></defs><rect width="${width}" height="${height}" fill="url(#g)"/>${shapes}</svg>`,
  );

const LOGO: Look = {
  id: 'img_demo_logo',
  from: '#0052d9',
  to: '#00a3c4',
  shapes:
    '<circle cx="150" cy="145" r="48" fill="#fff"/><circle cx="200" cy="115" r="58" fill="#fff"/>' +
    '<circle cx="250" cy="150" r="44" fill="#fff"/><rect x="150" y="150" width="100" height="44" fill="#fff"/>',
};

async function draw(size: { width: number; height: number }, look: Look): Promise<void> {
  const png = await sharp(drawing(size, look))
    .withMetadata({ density: 72 })
    .flatten()
    .png({ compressionLevel: 9, palette: true, colours: 128, dither: 0 })
    .toBuffer();
  const file = path.join(projectRoot, 'assets', 'images', `${look.id}.png`);
  writeFileSync(file, png);
  console.log(`${look.id}: ${png.length} bytes`);
}

async function main(): Promise<void> {
  mkdirSync(path.join(projectRoot, 'assets', 'images'), { recursive: true });
  for (const look of LOOKS) await draw({ width: 1920, height: 300 }, look);
  await draw({ width: 390, height: 260 }, LOGO);
}

void main();
