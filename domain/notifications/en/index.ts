import type { Wording } from '../wording';
import { deliveries } from './deliveries';
import { invoices } from './invoices';
import { operations } from './operations';
import { orders } from './orders';
import { products } from './products';
import { refunds } from './refunds';

/** English */
export const en: Wording = { ...deliveries, ...orders, ...refunds, ...invoices, ...products, ...operations };
