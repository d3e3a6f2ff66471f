package io.canopy.shop.order;

import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.Optional;

import io.canopy.shop.common.http.ProblemAdvice;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

import static org.assertj.core.api.Assertions.assertThat;

/** What the controller answers, with a service that knows one order. */
@WebMvcTest(OrderController.class)
@Import(ProblemAdvice.class)
class OrderControllerTests {

	@Autowired
	private MockMvcTester mvc;

	@Test
	void placesAnOrder() {
		assertThat(post("{\"sku\": \"LAMP\", \"quantity\": 2, \"amount\": 48}")).hasStatus(201)
			.hasHeader("Location", "/orders/o-1")
			.bodyJson()
			.extractingPath("$.status")
			.isEqualTo("PLACED");
	}

	@Test
	void namesEachFieldThatIsWrong() {
		assertThat(post("{\"quantity\": 0, \"amount\": 1.005}")).hasStatus(400)
			.hasContentType(MediaType.APPLICATION_PROBLEM_JSON)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("amount numeric value out of bounds (<8 digits>.<2 digits> expected);"
					+ " quantity must be greater than 0; sku must not be blank");
	}

	@Test
	void refusesANumberThatIsNone() {
		assertThat(post("{\"sku\": \"LAMP\", \"quantity\": \"two\", \"amount\": 48}")).hasStatus(400)
			.hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
	}

	@Test
	void namesTheOrderThatIsNotThere() {
		assertThat(this.mvc.get().uri("/orders/o-1")).hasStatusOk();
		assertThat(this.mvc.get().uri("/orders/o-2")).hasStatus(404)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("There is no order o-2");
	}

	private MockMvcTester.MockMvcRequestBuilder post(String body) {
		return this.mvc.post().uri("/orders").contentType(MediaType.APPLICATION_JSON).content(body);
	}

	@TestConfiguration
	static class Fakes {

		@Bean
		OrderService orders() {
			return new OneOrder();
		}

	}

	/** Places any order as o-1, without other services or a database. */
	static class OneOrder extends OrderService {

		OneOrder() {
			super(null, null, null, null);
		}

		@Override
		Order place(OrderRequest request) {
			return new Order("o-1", request.sku(), request.quantity(), request.amount(), Order.Status.PLACED, "p-1",
					OffsetDateTime.parse("2026-01-01T00:00:00Z"));
		}

		@Override
		Optional<Order> find(String id) {
			return id.equals("o-1") ? Optional.of(place(new OrderRequest("LAMP", 1, BigDecimal.TEN)))
					: Optional.empty();
		}

	}

}
