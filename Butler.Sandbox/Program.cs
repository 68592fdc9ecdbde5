using Butler.Sandbox;

await SandboxApp.Build(args).RunAsync();
