.PHONY: check-rights
check-rights: ## takes every right of the chart's roles away in turn and sees a step of InstallationIT fail (2 hours, root); RIGHTS=FILE for some of them
	@KUBEBUILDER_ASSETS=$${KUBEBUILDER_ASSETS:-$$(hack/envtest)} hack/check-rights $(RIGHTS)
