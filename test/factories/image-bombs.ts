import { checkImage } from '../../api/images/check';
import { blank, claiming, overfull, packedText, png, withChunk } from './images';

const rssMb = () => process.memoryUsage.rss() / 1_048_576;

/**
 * Checks fifty decompression bombs at once and prints how much the process's memory has grown at the most: run as
 * a process of its own, whose memory is nobody else's.
 */
async function main(): Promise<void> {
  const bombs = [
    blank({ width: 20_000, height: 20_000 }),
    claiming({ width: 50_000, height: 50_000 }),
    claiming({ width: 1920, height: 300 }),
    overfull({ width: 1920, height: 300 }, 100 * 1_048_576),
    withChunk(await png({ width: 1920, height: 301 }), 'zTXt', packedText(100 * 1_048_576)),
  ].map((file) => Buffer.from(file));
  const usual = Buffer.from(await png({ width: 1920, height: 300 }));
  // What the decoder needs for an honest file is there before anything is counted.
  await checkImage('banner', { name: 'a.png', content: usual, size: usual.length });
  globalThis.gc?.();
  const beforeMb = rssMb();
  let peakMb = beforeMb;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, rssMb());
  }, 2);
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, n) => bombs[n % bombs.length] ?? usual).map((content) =>
      checkImage('banner', { name: 'bomb.png', content, size: content.length }),
    ),
  );
  const refused = results.filter(({ status }) => status === 'rejected').length;
  clearInterval(watch);
  const grewMb = Math.max(peakMb, rssMb()) - beforeMb;
  process.stdout.write(JSON.stringify({ refused, taken: 50 - refused, grewMb }));
}

void main();
