.PHONY: screenshots
screenshots: ## takes the pictures of the page that the documents show, with headless Chromium, into docs/images
	@hack/prerequisites test
	$(MVN) -q -Pbrowser -pl browser-test -am -Dit.test=Screenshots -DskipTests=false -Dsurefire.skip=true -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false verify
