/** How many enabled sub-accounts a provider may have. */
export const SUB_ACCOUNTS_MAX = 50;
/** How many API keys of a provider may be live: neither revoked nor expired. */
export const API_KEYS_MAX = 20;
/** How many contacts a provider may name (ACC-4). */
export const CONTACTS_MAX = 20;
/** How many invoice titles a buyer may have saved. */
export const INVOICE_TITLES_MAX = 20;
