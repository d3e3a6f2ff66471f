package io.canopy.shop.order;

import io.canopy.shop.common.http.HttpClients;
import io.canopy.shop.common.partner.Partner;

import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/** The company that delivers. */
@Component
class Carrier {

	private final RestClient client;

	Carrier(HttpClients clients, Partner partner) {
		this.client = clients.create("carrier", partner.baseUrl());
	}

	/** Makes sure that the carrier would take this order. */
	void quote(OrderRequest request) {
		this.client.post().uri("/quotes").body(request).retrieve().toBodilessEntity();
	}

}
