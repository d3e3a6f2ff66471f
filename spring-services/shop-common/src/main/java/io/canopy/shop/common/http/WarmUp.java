package io.canopy.shop.common.http;

import io.canopy.shop.common.ShopProperties;
import io.canopy.shop.common.journal.Journal;
import io.canopy.shop.common.partner.Partner;
import io.canopy.shop.common.partner.PartnerAnswer;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.core.env.Environment;
import org.springframework.http.MediaType;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.client.RestClient;

/**
 * Takes each path of a request before the service reports ready: a request to itself that
 * is not valid, a call to the partner and a write that is rolled back. They leave no
 * trace, and no customer waits for classes to load.
 */
public class WarmUp implements ApplicationRunner {

	private static final int ROUNDS = 5;

	private final RestClient self;

	private final RestClient partner;

	private final Journal journal;

	private final TransactionTemplate transaction;

	WarmUp(RestClient.Builder builder, ShopProperties properties, Environment environment, Partner partner,
			Journal journal, PlatformTransactionManager transactions) {
		this.self = builder.clone()
			.baseUrl("http://" + environment.getRequiredProperty("server.address") + ":"
					+ environment.getRequiredProperty("local.server.port") + properties.warmUpPath())
			.build();
		this.partner = builder.clone().baseUrl(partner.baseUrl()).build();
		this.journal = journal;
		this.transaction = new TransactionTemplate(transactions);
	}

	@Override
	public void run(ApplicationArguments arguments) {
		for (int i = 0; i < ROUNDS; i++) {
			// Whatever it answers: it refuses this.
			this.self.post()
				.contentType(MediaType.APPLICATION_JSON)
				.body("{}")
				.exchange((request, answer) -> answer.getBody().readAllBytes());
			this.partner.post().body(new PartnerAnswer("none")).retrieve().requiredBody(PartnerAnswer.class);
			this.transaction.executeWithoutResult((status) -> {
				this.journal.append("warm-up", "none");
				status.setRollbackOnly();
			});
		}
	}

}
