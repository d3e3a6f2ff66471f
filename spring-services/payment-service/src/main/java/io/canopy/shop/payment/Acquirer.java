package io.canopy.shop.payment;

import io.canopy.shop.common.http.HttpClients;
import io.canopy.shop.common.partner.Partner;
import io.canopy.shop.common.partner.PartnerAnswer;

import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/** The company that moves the money. */
@Component
class Acquirer {

	private final RestClient client;

	Acquirer(HttpClients clients, Partner partner) {
		this.client = clients.create("acquirer", partner.baseUrl());
	}

	/** The acquirer's reference for the authorised amount. */
	String authorise(PaymentRequest request) {
		return this.client.post()
			.uri("/authorisations")
			.body(request)
			.retrieve()
			.requiredBody(PartnerAnswer.class)
			.reference();
	}

}
