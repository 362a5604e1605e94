import type { Config } from '../../../config';
import { e164 } from '../../../domain/notifications/phone';
import { renderSms } from '../../../domain/notifications/templates';
import type { Sender } from '../sender';
import { httpSms } from './http';
import { noSms, type SmsPort } from './port';
import { type TencentAccount, tencentSms } from './tencent';

const SLOTS = 10;

/** Sends messages by SMS, through whichever service. */
export function smsSender(port: SmsPort): Sender {
  return {
    channel: 'sms',
    slots: SLOTS,
    async send({ messageId, event, language, params }, address) {
      const phone = e164(address);
      if (phone === null) {
        return { result: 'refused', error: `No SMS can reach "${address}".`, isPermanent: true, isLocal: true };
      }
      return port.send({ messageId, phone, language, ...renderSms({ event, language, params }) });
    },
    close: () => undefined,
  };
}

/** The SMS service that the configuration names. */
export function smsPortOf(config: Config): SmsPort {
  const account = tencentAccount(config);
  if (account !== null) return tencentSms(account);
  return config.SMS_URL === undefined ? noSms : httpSms(config.SMS_URL);
}

function tencentAccount(config: Config): TencentAccount | null {
  const { SMS_TENCENT_SECRET_ID: secretId, SMS_TENCENT_SECRET_KEY: secretKey, SMS_TENCENT_REGION: region } = config;
  const { SMS_TENCENT_APP_ID: appId, SMS_TENCENT_SIGN_NAME: signName } = config;
  const { SMS_TENCENT_TEMPLATE_ZH_CN: zhCn, SMS_TENCENT_TEMPLATE_EN: en } = config;
  // The configuration has all of them or none.
  if (!secretId || !secretKey || !appId || !signName || !zhCn || !en) return null;
  return { secretId, secretKey, region, appId, signName, templateIds: { 'zh-CN': zhCn, en } };
}
