package io.canopy.shop.payment;

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

/** What the controller answers, with a service that knows one payment. */
@WebMvcTest(PaymentController.class)
@Import(ProblemAdvice.class)
class PaymentControllerTests {

	@Autowired
	private MockMvcTester mvc;

	@Test
	void takesAPayment() {
		assertThat(post("{\"orderId\": \"o-1\", \"amount\": 12.50}")).hasStatus(201)
			.hasHeader("Location", "/payments/p-1")
			.bodyJson()
			.hasPathSatisfying("$.amount", (amount) -> assertThat(amount).isEqualTo(12.5));
	}

	@Test
	void namesEachFieldThatIsWrong() {
		assertThat(post("{\"orderId\": \" \", \"amount\": -1}")).hasStatus(400)
			.hasContentType(MediaType.APPLICATION_PROBLEM_JSON)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("amount must be greater than 0; orderId must not be blank");
	}

	@Test
	void refusesWhatIsNotJson() {
		assertThat(post("amount=12")).hasStatus(400).hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
	}

	@Test
	void findsAPaymentById() {
		assertThat(this.mvc.get().uri("/payments/p-1")).hasStatusOk()
			.bodyJson()
			.extractingPath("$.orderId")
			.isEqualTo("o-1");
	}

	@Test
	void namesThePaymentThatIsNotThere() {
		assertThat(this.mvc.get().uri("/payments/p-2")).hasStatus(404)
			.bodyJson()
			.extractingPath("$.detail")
			.isEqualTo("There is no payment p-2");
	}

	private MockMvcTester.MockMvcRequestBuilder post(String body) {
		return this.mvc.post().uri("/payments").contentType(MediaType.APPLICATION_JSON).content(body);
	}

	@TestConfiguration
	static class Fakes {

		@Bean
		PaymentService payments() {
			return new OnePayment();
		}

	}

	/** Takes any payment as p-1, without an acquirer or a database. */
	static class OnePayment extends PaymentService {

		OnePayment() {
			super(null, null);
		}

		@Override
		Payment take(PaymentRequest request) {
			return payment(request.orderId(), request.amount());
		}

		@Override
		Optional<Payment> find(String id) {
			return id.equals("p-1") ? Optional.of(payment("o-1", BigDecimal.TEN)) : Optional.empty();
		}

		private static Payment payment(String orderId, BigDecimal amount) {
			return new Payment("p-1", orderId, amount, "a-1", OffsetDateTime.parse("2026-01-01T00:00:00Z"));
		}

	}

}
