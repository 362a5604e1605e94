import type { Wording } from '../wording';
import { deliveries } from './deliveries';
import { invoices } from './invoices';
import { operations } from './operations';
import { orders } from './orders';
import { products } from './products';
import { refunds } from './refunds';

/** 简体中文 */
export const zhCn: Wording = { ...deliveries, ...orders, ...refunds, ...invoices, ...products, ...operations };
