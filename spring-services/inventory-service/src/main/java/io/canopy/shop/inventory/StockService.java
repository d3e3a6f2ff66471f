package io.canopy.shop.inventory;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Service;
import org.springframework.web.server.ResponseStatusException;

/** Decides what may be reserved, and keeps the shelves filled. */
@Service
class StockService {

	private static final Logger log = LoggerFactory.getLogger(StockService.class);

	private final StockStore store;

	private final Warehouse warehouse;

	StockService(StockStore store, Warehouse warehouse) {
		this.store = store;
		this.warehouse = warehouse;
	}

	List<Stock> all() {
		return this.store.all();
	}

	Stock find(String sku) {
		return this.store.find(sku)
			.orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no product " + sku));
	}

	Reservation reserve(ReservationRequest request) {
		Stock stock = find(request.sku());
		if (stock.onHand() < request.quantity()) {
			throw outOfStock(request);
		}
		Reservation reservation = new Reservation(UUID.randomUUID().toString(), request.sku(), request.quantity(),
				this.warehouse.pick(request), OffsetDateTime.now(ZoneOffset.UTC));
		if (!this.store.reserve(reservation)) {
			throw outOfStock(request); // another order was faster
		}
		log.info("Reserved {} x {} as {}", reservation.quantity(), reservation.sku(), reservation.id());
		if (this.store.reorder(reservation.sku())) {
			log.info("Reordered {}", reservation.sku());
		}
		return reservation;
	}

	void release(String id) {
		if (!this.store.release(id)) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no reservation " + id);
		}
		log.info("Released reservation {}", id);
	}

	private static ResponseStatusException outOfStock(ReservationRequest request) {
		return new ResponseStatusException(HttpStatus.CONFLICT,
				"There are fewer than %d x %s in stock".formatted(request.quantity(), request.sku()));
	}

}
