-- A new account number is told from the one before by a keyed hash, even where both end alike (ACC-6).
ALTER TABLE "providers" ADD COLUMN "account_number_fingerprint" TEXT;
