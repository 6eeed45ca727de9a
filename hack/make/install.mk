.PHONY: manifests
manifests: ## writes manifests/*.yaml anew from the chart
	@$(MVN) -q -pl charts -am -Dspotless.check.skip=true -Dtest=ManifestsTest -Dmanifests.write=true -DskipNativeTests=true -Dsurefire.failIfNoSpecifiedTests=false test

.PHONY: images
images: ## container images as tars in target/images, without a container daemon
	@hack/prerequisites build >&2
	@$(MAKE) --no-print-directory target/.built >&2
	@hack/images/build

.PHONY: check-images
check-images: ## unpacks the images and runs them (root)
	@hack/images/check

.PHONY: scan
scan: ## known vulnerabilities of the libraries, by OSV; needs internet
	@$(MAKE) --no-print-directory target/.built >&2
	@hack/scan
