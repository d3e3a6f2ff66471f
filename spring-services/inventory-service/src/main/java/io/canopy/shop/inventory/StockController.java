package io.canopy.shop.inventory;

import java.net.URI;
import java.util.List;

import jakarta.validation.Valid;

import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Stock and reservations over HTTP. */
@RestController
class StockController {

	private final StockService stock;

	StockController(StockService stock) {
		this.stock = stock;
	}

	@GetMapping("/stock")
	List<Stock> all() {
		return this.stock.all();
	}

	@GetMapping("/stock/{sku}")
	Stock find(@PathVariable String sku) {
		return this.stock.find(sku);
	}

	@PostMapping("/reservations")
	ResponseEntity<Reservation> reserve(@Valid @RequestBody ReservationRequest request) {
		Reservation reservation = this.stock.reserve(request);
		return ResponseEntity.created(URI.create("/reservations/" + reservation.id())).body(reservation);
	}

	@DeleteMapping("/reservations/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void release(@PathVariable String id) {
		this.stock.release(id);
	}

}
