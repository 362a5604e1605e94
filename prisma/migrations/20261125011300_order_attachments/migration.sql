-- The files of a direct order's requirement (ORD-2): who may read the order reads them.
CREATE TABLE "order_attachment_uses" (
    "attachment_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,

    CONSTRAINT "order_attachment_uses_pkey" PRIMARY KEY ("attachment_id","order_id","sequence")
);
CREATE INDEX "order_attachment_uses_order_id_idx" ON "order_attachment_uses"("order_id");
