import { sms } from 'tencentcloud-sdk-nodejs-sms';
import { z } from 'zod';
import type { Language } from '../../../domain/notifications/events';
import type { Outcome } from '../sender';
import { ANSWER_WITHIN_MS, type SmsPort, unanswered } from './port';

/** An account with Tencent Cloud's SMS. */
export type TencentAccount = {
  secretId: string;
  secretKey: string;
  region: string;
  appId: string;
  /** The registered signature that each SMS begins with. */
  signName: string;
  /** A registered template for each language; its one parameter is the title of the message. */
  templateIds: Record<Language, string>;
};

/** What the vendor says of the one number that it was asked for. */
const answer = z.object({ SendStatusSet: z.tuple([z.object({ Code: z.string(), Message: z.string().default('') })]) });

/** The vendor's codes for not knowing what became of an SMS. */
const OPEN = /^InternalError(\.(Timeout|SendAndRecvFail|OtherError|UnknownError))?$/;
/** It is the number, which no later attempt makes right. */
const NEVER = ['InvalidParameterValue.IncorrectPhoneNumber', 'FailedOperation.PhoneNumberInBlacklist'];
/** It is our account: no SMS is taken until somebody has put it right. */
const OURS = /^(AuthFailure|UnauthorizedOperation)(\.|$)|^FailedOperation\.InsufficientBalanceInSmsPackage$/;

/**
 * Sends by Tencent Cloud's SMS (API 2021-01-11). An error that the vendor answers says that the SMS was not taken,
 * unless it says itself that it does not know; without an answer, or with that of a
 * proxy in between, the outcome is unknown.
 * @param endpoint the vendor's, or that of a server which stands for it
 */
export function tencentSms(
  account: TencentAccount,
  endpoint = 'https://sms.tencentcloudapi.com',
  answerWithinMs = ANSWER_WITHIN_MS,
): SmsPort {
  const { protocol, host } = new URL(endpoint);
  const client = new sms.v20210111.Client({
    credential: { secretId: account.secretId, secretKey: account.secretKey },
    region: account.region,
    profile: { httpProfile: { protocol: `${protocol}//`, endpoint: host, reqTimeout: answerWithinMs / 1_000 } },
  });
  return {
    async send({ messageId, phone, language, title }) {
      try {
        const answered = await client.SendSms({
          PhoneNumberSet: [phone],
          SmsSdkAppId: account.appId,
          SignName: account.signName,
          TemplateId: account.templateIds[language],
          TemplateParamSet: [title],
          SessionContext: messageId,
        });
        const [status] = answer.parse(answered).SendStatusSet;
        return status.Code === 'Ok' ? { result: 'sent' } : errorOf(status.Code, status.Message);
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

function errorOf(code: string, message: string): Outcome {
  const error = `${code}: ${message}`;
  if (OURS.test(code)) return { result: 'unavailable', error };
  return OPEN.test(code)
    ? { result: 'unknown', error }
    : { result: 'refused', error, isPermanent: NEVER.includes(code) };
}

/** The SDK's exceptions hold the vendor's code, or the HTTP status of something in between, or neither. */
function failureOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return unanswered(error);
  if ('code' in error && typeof error.code === 'string') return errorOf(error.code, error.message);
  if (!('httpCode' in error) || typeof error.httpCode !== 'number') return unanswered(error);
  const said = `${error.httpCode} ${error.message}`;
  return error.httpCode < 500
    ? { result: 'refused', error: said, isPermanent: false }
    : { result: 'unknown', error: said };
}
