package io.canopy.shop.inventory;

import java.time.OffsetDateTime;

import io.canopy.shop.common.http.ProblemAdvice;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.server.ResponseStatusException;

import static org.assertj.core.api.Assertions.assertThat;

/** What the controller answers, with a service that has ten lamps. */
@WebMvcTest(StockController.class)
@Import(ProblemAdvice.class)
class StockControllerTests {

	@Autowired
	private MockMvcTester mvc;

	@Test
	void reservesStock() {
		assertThat(reserve("{\"sku\": \"LAMP\", \"quantity\": 3}")).hasStatus(201)
			.hasHeader("Location", "/reservations/r-1")
			.bodyJson()
			.extractingPath("$.quantity")
			.isEqualTo(3);
	}

	@Test
	void saysWhyItCannotReserve() {
		assertThat(reserve("{\"sku\": \"LAMP\", \"quantity\": 11}")).hasStatus(409)
			.hasContentType(MediaType.APPLICATION_PROBLEM_JSON)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("only ten");
	}

	@Test
	void namesEachFieldThatIsWrong() {
		assertThat(reserve("{\"quantity\": 101}")).hasStatus(400)
			.hasContentType(MediaType.APPLICATION_PROBLEM_JSON)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("quantity must be less than or equal to 100; sku must not be blank");
	}

	@Test
	void looksUpOneProduct() {
		assertThat(this.mvc.get().uri("/stock/LAMP")).hasStatusOk().bodyJson().extractingPath("$.onHand").isEqualTo(10);
	}

	@Test
	void answersNothingToARelease() {
		assertThat(this.mvc.delete().uri("/reservations/r-1")).hasStatus(204);
	}

	private MockMvcTester.MockMvcRequestBuilder reserve(String body) {
		return this.mvc.post().uri("/reservations").contentType(MediaType.APPLICATION_JSON).content(body);
	}

	@TestConfiguration
	static class Fakes {

		@Bean
		StockService stock() {
			return new TenLamps();
		}

	}

	/** Reserves up to ten lamps, each time anew, without a warehouse or a database. */
	static class TenLamps extends StockService {

		TenLamps() {
			super(null, null);
		}

		@Override
		Stock find(String sku) {
			return new Stock(sku, 10);
		}

		@Override
		Reservation reserve(ReservationRequest request) {
			if (request.quantity() > 10) {
				throw new ResponseStatusException(HttpStatus.CONFLICT, "only ten");
			}
			return new Reservation("r-1", request.sku(), request.quantity(), "p-1",
					OffsetDateTime.parse("2026-01-01T00:00:00Z"));
		}

		@Override
		void release(String id) {
		}

	}

}
