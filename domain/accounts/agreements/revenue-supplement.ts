import type { AgreementText } from './text';

/** 收益补充协议: names where the money goes and whom to ask; from its signing on payee info changes by ticket (ACC-3). */
export const revenueSupplement: AgreementText = {
  revision: '2026-01',
  title: '云市场收益补充协议',
  write: ({ company, licenceNumber, payee, contacts }) => `云市场收益补充协议（2026-01 版）

本协议是《云市场服务商接入协议》的补充。

甲方：云市场平台运营方
乙方：${company}（统一社会信用代码：${licenceNumber ?? '以认证信息为准'}）

一、收款信息
开户名称：${payee?.accountHolder ?? '（未填写）'}
银行所在地：${payee?.bankLocation ?? '（未填写）'}
开户银行：${payee?.bank ?? '（未填写）'}
开户支行名：${payee?.branch ?? '（未填写）'}
银行账号：${payee?.accountNumber ?? '（未填写）'}

二、联系信息
${contacts.length === 0 ? '（未填写）' : contacts.map(contactLine).join('\n')}

三、乙方确认以上收款信息真实有效，开户名称与乙方公司名称一致。
四、自签署之日起，收款信息只能通过工单变更，经甲方审核后生效。
五、乙方的收益为用户实付金额扣除平台服务费后的余额，按照平台的结算规则提现。
六、因乙方提供的信息有误而造成的延误与损失，由乙方承担。
`,
};

const contactLine = ({ name, email, phone }: { name: string; email: string | null; phone: string | null }): string =>
  [name, email, phone].filter((part) => part !== null).join('，');
