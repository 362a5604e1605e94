import { createTransport } from 'nodemailer';

/**
 * The floor of the outbox's e-mails: nodemailer's own pool sends as many mails of the same size to the same server, and
 * nothing is looked up or remembered. Prints how many it sent a second, and its processor time for each, as JSON.
 */
async function main(): Promise<void> {
  const [url = '', count = '0', connections = '1'] = process.argv.slice(2);
  const mails = Number(count);
  const transport = createTransport({ url, pool: true, maxConnections: Number(connections) });
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < mails; n = next++) {
      const words = '服务商已提交实施内容，请买家验收或驳回；自营商品先由运营检查。';
      await transport.sendMail({
        from: 'no-reply@marketplace.example',
        to: 'buyer@demo.example',
        subject: '【云市场】实施内容已提交：小程序定制开发',
        messageId: `<floor_${process.pid}_${n}@marketplace.example>`,
        text: `${words}\n\n商品：小程序定制开发\n订单号：ord_floor_${n}\n`,
        html: `<!doctype html><html lang="zh-CN"><body><p>${words}</p><p>ord_floor_${n}</p></body></html>`,
      });
    }
  };
  await Promise.all(Array.from({ length: Number(connections) }, lane));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  transport.close();
  console.log(JSON.stringify({ perSecond: mails / seconds, cpuMs: (user + system) / 1000 / mails }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
