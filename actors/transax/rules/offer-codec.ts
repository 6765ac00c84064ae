import type { NewOffer } from "./market-terms.ts";

/** Bytes of one offer in `Market.postOffers`: kind 1, Wh 4, units per Wh 4, first interval 4, mask 8. */
export const OFFER_BYTES = 21;

const UINT32_MAX = 0xffff_ffff;
const MASK_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Packs offers for `Market.postOffers`.
 * @throws RangeError for a number that does not fit its field: a bug of the caller.
 */
export function encodeOffers(offers: readonly NewOffer[]): Uint8Array {
  const bytes = new Uint8Array(offers.length * OFFER_BYTES);
  const view = new DataView(bytes.buffer);
  offers.forEach((offer, index) => {
    const at = index * OFFER_BYTES;
    if (offer.intervalMask < 1n || offer.intervalMask > MASK_MAX)
      throw new RangeError("interval mask");
    view.setUint8(at, offer.kind === "buy" ? 1 : 0);
    view.setUint32(at + 1, checkedUint32(offer.energyWh));
    view.setUint32(at + 5, checkedUint32(offer.priceUnits));
    view.setUint32(at + 9, checkedUint32(offer.firstInterval));
    view.setBigUint64(at + 13, offer.intervalMask);
  });
  return bytes;
}

/** Unpacks what `encodeOffers` packed; undefined when `bytes` is no such text. */
export function decodeOffers(bytes: Uint8Array): readonly NewOffer[] | undefined {
  if (bytes.length % OFFER_BYTES !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offers: NewOffer[] = [];
  for (let at = 0; at < bytes.length; at += OFFER_BYTES) {
    const kind = view.getUint8(at);
    if (kind > 1) return undefined;
    offers.push({
      kind: kind === 1 ? "buy" : "sell",
      energyWh: view.getUint32(at + 1),
      priceUnits: view.getUint32(at + 5),
      firstInterval: view.getUint32(at + 9),
      intervalMask: view.getBigUint64(at + 13),
    });
  }
  return offers;
}

/** `value` when it is a whole number of 32 bits. */
export function checkedUint32(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX)
    throw new RangeError(`not a number of 32 bits: ${String(value)}`);
  return value;
}
