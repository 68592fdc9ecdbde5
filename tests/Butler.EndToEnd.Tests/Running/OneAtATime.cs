// Each test runs all of Butler: two at a time would only fight for the machine's cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
