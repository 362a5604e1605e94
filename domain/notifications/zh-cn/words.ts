import { labelled } from '../wording';

export const ROLES = { buyer: '买家', provider: '服务商', ops: '运营' };
export const reason = (text: string) => labelled('原因：', text);
