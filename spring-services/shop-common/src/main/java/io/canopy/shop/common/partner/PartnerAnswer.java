package io.canopy.shop.common.partner;

/**
 * What a partner answers to any request.
 *
 * @param reference the partner's own name for what it did
 */
public record PartnerAnswer(String reference) {
}
