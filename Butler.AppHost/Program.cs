using Butler.AppHost;
using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);
var run = builder.ExecutionContext.IsRunMode;
var data = run ? DataFolder.Open(builder.Configuration, builder.AppHostDirectory) : null;

// The truth about every mail, and the queue.
var postgres = builder.AddPostgres("postgres");
var database = postgres.AddDatabase("butler");

// Speed only: quota shared between services, live progress. Everything goes on, slower, without it.
var redis = builder.AddRedis("redis");

// Google's credentials are for the owner to give; without them a run uses the sandbox below.
var sandboxed = run && string.IsNullOrEmpty(builder.Configuration["Parameters:google-client-id"]);

// Beside real providers it would be one of them, and could answer in their place.
var wantsSandboxChat = run && builder.Configuration.GetValue("Butler:Chat:Sandbox", false);
if (wantsSandboxChat && (!sandboxed || builder.Configuration.GetSection("Butler:Chat:Providers").GetChildren().Any()))
{
    throw new DistributedApplicationException("Butler:Chat:Sandbox stands in for chat providers where Butler runs on the sandbox: take it away, or Butler:Chat:Providers and the Google credentials.");
}

// Applies the migrations, imports mailboxes, takes Gmail's pushes. It waits for the database because nothing works without.
var ingest = builder.AddProject<Projects.Butler_Ingest>("ingest")
    .WithReference(database).WaitFor(database)
    .WithReference(redis).WaitFor(redis)
    .WithHttpEndpoint().WithExternalHttpEndpoints().WithHttpHealthCheck("/health");

// Judges mail. It waits for Ingest because the schema is Ingest's to make.
var classifier = builder.AddProject<Projects.Butler_Classifier>("classifier")
    .WithReference(database).WaitFor(ingest)
    .WithReference(redis)
    .WithHttpEndpoint().WithHttpHealthCheck("/health");

// Writes reply drafts into the owner's own mailbox.
var responder = builder.AddProject<Projects.Butler_Responder>("responder")
    .WithReference(database).WaitFor(ingest)
    .WithReference(redis)
    .WithHttpEndpoint().WithHttpHealthCheck("/health");

// What people and clients talk to: pages, REST, gRPC.
var progress = builder.AddProject<Projects.Butler_Progress>("progress")
    .WithReference(database).WaitFor(ingest)
    .WithReference(redis)
    .WithReference(ingest)
    .WithHttpEndpoint().WithHttpHealthCheck("/health")
    .WithGrpc(run)
    .WithExternalHttpEndpoints();

IResourceBuilder<ProjectResource>[] services = [ingest, classifier, responder, progress];
foreach (var service in services)
{
    service.WithoutMailInTelemetry();
}

// Models over the network, where somebody configured them; the keys are secret parameters.
builder.WithChatProviders(classifier);
builder.WithEmbeddings(classifier, progress);

if (data is not null)
{
    foreach (var service in services)
    {
        service.WithEnvironment("Butler__DataDir", data.Path).WithEnvironment("Butler__MasterKeyFile", data.MasterKeyFile);
    }

    if (data.Mailbox is { } mailbox)
    {
        // Its files are an account; nothing else on this machine may be one.
        ingest.WithEnvironment("Butler__Mailbox", mailbox).WithEnvironment("Butler__Files__Roots__0", mailbox).WithEnvironment("Butler__Files__Scratch", Path.Combine(data.Path, "files"));
    }

    if (data.Public)
    {
        ingest.ListenOnAllAddresses();
        progress.ListenOnAllAddresses();
    }
}
else
{
    var masterKey = builder.AddParameter("master-key", secret: true);
    foreach (var service in services)
    {
        service.WithEnvironment("Butler__MasterKey", masterKey);
    }
}

if (sandboxed)
{
    // A local Google with samples/, or with mail for trying Gmail's ways; empty beside a mailbox of files. Never deployed.
    var sandbox = builder.AddProject<Projects.Butler_Sandbox>("sandbox")
        .WithHttpEndpoint().WithHttpHealthCheck("/health")
        .WithEnvironment("Sandbox__Mailbox", data!.SandboxMailbox)
        .WithEnvironment("Sandbox__Secret", data.SandboxSecret)
        .WithEnvironment("Sandbox__DataDir", data.SandboxFolder)
        .ExcludeFromManifest();
    var google = sandbox.GetEndpoint("http");
    ingest.WithEnvironment("Butler__Sandbox__Address", google)
        .WithEnvironment("Butler__Sandbox__Secret", data.SandboxSecret)
        .WithGoogleAt(google).WaitFor(sandbox);
    responder.WithGoogleAt(google).WaitFor(sandbox);

    // New mail in the sandbox notifies Ingest as Google would: a signed push. Ingest waits for the sandbox, never the other way round.
    sandbox.WithPushTo(ingest);
    ingest.WithPushFrom(google);
    progress.WithGoogleAt(google);

    // A stand-in for chat models, to see fallback and outages without a vendor; never by itself.
    if (wantsSandboxChat)
    {
        classifier.WithSandboxChat(google);
    }
}
else
{
    var clientId = builder.AddParameter("google-client-id");
    var clientSecret = builder.AddParameter("google-client-secret", secret: true);
    foreach (var service in (IResourceBuilder<ProjectResource>[])[ingest, responder])
    {
        service.WithEnvironment("Butler__Google__ClientId", clientId).WithEnvironment("Butler__Google__ClientSecret", clientSecret);
    }

    // It sends browsers to Google's consent page; the secret is for those who exchange and refresh.
    progress.WithEnvironment("Butler__Google__ClientId", clientId);
}

builder.Build().Run();
