using Butler.Responder;
using Butler.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddResponder();

var app = builder.Build();
app.MapDefaultEndpoints();
await app.RunAsync();
