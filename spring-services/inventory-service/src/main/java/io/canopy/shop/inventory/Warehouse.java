package io.canopy.shop.inventory;

import io.canopy.shop.common.http.HttpClients;
import io.canopy.shop.common.partner.Partner;
import io.canopy.shop.common.partner.PartnerAnswer;

import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/** The company that runs the shelves. */
@Component
class Warehouse {

	private final RestClient client;

	Warehouse(HttpClients clients, Partner partner) {
		this.client = clients.create("warehouse", partner.baseUrl());
	}

	/** The warehouse's reference for fetching the goods. */
	String pick(ReservationRequest request) {
		return this.client.post().uri("/picks").body(request).retrieve().requiredBody(PartnerAnswer.class).reference();
	}

}
