using System.Runtime.CompilerServices;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

// One implementation for all hosting stand-ins: shims/Aspire.Hosting.AppHost.
[assembly: TypeForwardedTo(typeof(PostgresBuilderExtensions))]
[assembly: TypeForwardedTo(typeof(PostgresServerResource))]
[assembly: TypeForwardedTo(typeof(PostgresDatabaseResource))]
