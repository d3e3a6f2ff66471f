package io.canopy.shop.payment;

import java.time.Duration;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/** What each fault does to customers and writes to the log, and that it can be undone. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "shop.faults.enabled=true", "shop.clients.acquirer.read-timeout=300ms",
				"spring.datasource.hikari.connection-timeout=300" })
@ExtendWith(OutputCaptureExtension.class)
class PaymentFaultsTests {

	private static final Pattern CONFESSION = Pattern.compile("\\b(fault|inject|chaos|simulat)",
			Pattern.CASE_INSENSITIVE);

	@LocalServerPort
	private int port;

	private RestTestClient http;

	@BeforeEach
	void connect() {
		this.http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@AfterEach
	void everythingWorksAgainAndNothingWasGivenAway(CapturedOutput output) {
		this.http.delete().uri("/faults").exchange().expectStatus().isNoContent();
		Awaitility.await().untilAsserted(() -> assertThat(pay()).isEqualTo(201));
		assertThat(CONFESSION.matcher(output.getAll()).find()).as(output.getAll()).isFalse();
	}

	@Test
	void errorsFailWritesWithTheDatabasesOwnError(CapturedOutput output) {
		start("errors");

		assertThat(pay()).isEqualTo(500);
		assertThat(output).contains("BadSqlGrammarException").contains("insert into journal");
	}

	@Test
	void dependencyTimesOutAtTheAcquirer(CapturedOutput output) {
		start("dependency");

		assertThat(pay()).isEqualTo(504);
		assertThat(output).contains("/authorisations\": Read timed out");
	}

	@Test
	void latencyExhaustsTheConnectionPool(CapturedOutput output) {
		start("latency");

		Awaitility.await().untilAsserted(() -> {
			assertThat(pay()).isEqualTo(503);
			assertThat(output).contains("request timed out after 3");
		});
	}

	@Test
	void cpuStarvesTheThreadPool(CapturedOutput output) {
		start("cpu");

		Awaitility.await()
			.untilAsserted(() -> assertThat(output).contains("Promotion rule R-1 took")
				.contains("RejectedExecutionException"));
		this.http.delete().uri("/faults/cpu").exchange().expectStatus().isNoContent();
		Awaitility.await()
			.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
				.noneMatch((name) -> name.startsWith("promotion-")));
	}

	@Test
	void heapFillsNearlyAndIsFreedAgain(CapturedOutput output) {
		start("heap");

		Awaitility.await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
			assertThat(heapPercent()).isGreaterThan(88);
			assertThat(output).contains("Cache eviction cannot keep up").contains("Heap usage after GC");
		});
		this.http.delete().uri("/faults/heap").exchange().expectStatus().isNoContent();
		Awaitility.await().untilAsserted(() -> assertThat(heapPercent()).isLessThan(75));
	}

	@Test
	void endsByItselfWhenItsTimeIsUp() {
		this.http.post()
			.uri("/faults/errors")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"duration\": \"300ms\"}")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.until")
			.isNotEmpty();

		Awaitility.await()
			.untilAsserted(() -> this.http.get()
				.uri("/faults")
				.exchange()
				.expectBody()
				.jsonPath("$.active")
				.isEmpty()
				.jsonPath("$.available.length()")
				.isEqualTo(5));
	}

	@Test
	void namesTheFaultsThereAre() {
		this.http.post()
			.uri("/faults/gremlins")
			.exchange()
			.expectStatus()
			.isNotFound()
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("There is no fault 'gremlins'; there are: latency, cpu, heap, errors, dependency");
	}

	@Test
	void refusesADurationThatIsNone() {
		for (String duration : new String[] { "soon", "-2m", "0s", "" }) {
			this.http.post().uri("/faults/errors?duration={0}", duration).exchange().expectStatus().isBadRequest();
		}
		assertThat(pay()).isEqualTo(201);
	}

	private void start(String fault) {
		this.http.post().uri("/faults/" + fault + "?duration=2m").exchange().expectStatus().isOk();
	}

	private int pay() {
		return this.http.post()
			.uri("/payments")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"orderId\": \"o-1\", \"amount\": 10}")
			.exchange()
			.expectBody()
			.returnResult()
			.getStatus()
			.value();
	}

	private static long heapPercent() {
		Runtime runtime = Runtime.getRuntime();
		return 100 * (runtime.totalMemory() - runtime.freeMemory()) / runtime.maxMemory();
	}

}
