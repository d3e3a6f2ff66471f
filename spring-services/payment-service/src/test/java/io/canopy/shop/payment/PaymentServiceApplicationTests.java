package io.canopy.shop.payment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole service as it is configured, over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ExtendWith(OutputCaptureExtension.class)
class PaymentServiceApplicationTests {

	@LocalServerPort
	private int port;

	private RestTestClient http;

	@BeforeEach
	void connect() {
		this.http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@Test
	void takesAPaymentAndKeepsIt(CapturedOutput output) {
		Payment payment = post("{\"orderId\": \"o-7\", \"amount\": 42.50}").expectStatus()
			.isCreated()
			.expectBody(Payment.class)
			.returnResult()
			.getResponseBody();

		assertThat(payment.authorisation()).isNotBlank();
		this.http.get()
			.uri("/payments/" + payment.id())
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.orderId")
			.isEqualTo("o-7");
		assertThat(output).contains("Payment " + payment.id() + " of 42.5");
	}

	@Test
	void writesItsLogFileAsStructuredJson(@Value("${logging.file.name}") Path file) throws IOException {
		post("{\"orderId\": \"o-10\", \"amount\": 3}").expectStatus().isCreated();

		String last = Files.readAllLines(file)
			.stream()
			.filter((line) -> line.contains("for order o-10"))
			.findAny()
			.get();
		JsonNode entry = new JsonMapper().readTree(last);
		assertThat(entry.at("/service/name").asString()).isEqualTo("payment-service");
		assertThat(entry.at("/log/level").asString()).isEqualTo("INFO");
		assertThat(entry.at("/log/logger").asString()).isEqualTo(PaymentService.class.getName());
		assertThat(OffsetDateTime.parse(entry.at("/@timestamp").asString())).isBefore(OffsetDateTime.now());
	}

	@Test
	void declinesWhatIsAboveTheLimit() {
		post("{\"orderId\": \"o-8\", \"amount\": 5000.01}").expectStatus()
			.isEqualTo(402)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON);
	}

	@Test
	void measuresWhatPrometheusAsksFor() {
		post("{\"orderId\": \"o-9\", \"amount\": 1}").expectStatus().isCreated();

		String metrics = get("/actuator/prometheus");

		assertThat(metrics.lines().filter((line) -> !line.startsWith("#")))
			.allMatch((line) -> line.contains("service=\"payment-service\""));
		assertThat(metrics).contains("process_cpu_usage{", "jvm_memory_used_bytes{area=\"heap\"",
				"jvm_memory_max_bytes{", "http_client_requests_seconds_count{");
		assertThat(
				metrics.lines()
					.filter((line) -> line.startsWith("http_server_requests_seconds_bucket")
							&& line.contains("status=\"201\"") && line.contains("uri=\"/payments\"")))
			.hasSizeBetween(50, 80);
		assertThat(metrics).doesNotContain("uri=\"/actuator");
		assertThat(get("/actuator/health")).contains("\"status\":\"UP\"");
	}

	@Test
	void hasNoFaultsUnlessAskedFor() {
		this.http.get().uri("/faults").exchange().expectStatus().isNotFound();
		this.http.post().uri("/faults/errors").exchange().expectStatus().isNotFound();
	}

	private String get(String path) {
		return this.http.get().uri(path).exchange().expectBody(String.class).returnResult().getResponseBody();
	}

	private RestTestClient.ResponseSpec post(String body) {
		return this.http.post().uri("/payments").contentType(MediaType.APPLICATION_JSON).body(body).exchange();
	}

}
