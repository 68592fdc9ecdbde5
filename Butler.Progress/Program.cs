using Butler.Progress;
using Butler.Progress.Pages;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Documents;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddProgressData();
builder.AddProgressAccess();
builder.AddProgressStreams();
builder.AddGrpcPort();
builder.AddProgressPages();
builder.AddButlerOpenApi("Butler Progress");

var app = builder.Build();
app.MapDefaultEndpoints();
app.UsePageHeaders();
app.UsePageAssets();
app.UseButlerAuthentication();
app.MapButlerOpenApi();
app.MapStreams();
app.MapReads();
app.MapPages();

await app.RunAsync();
