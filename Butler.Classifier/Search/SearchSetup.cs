using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Butler.Classifier.Search;

internal static class SearchSetup
{
    public static void AddSearchIndex(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<EmbeddingOptions>(EmbeddingOptions.Section);
        builder.Services.AddValidatedOptions<SearchOptions>(SearchOptions.Section);
        builder.Services.AddSingleton(s => new EmbeddingModels(s.GetRequiredService<IOptions<EmbeddingOptions>>().Value));
        builder.Services.AddSingleton<Stems>();
        builder.Services.AddSingleton<SearchMetrics>();
        builder.Services.AddHostedService<SearchSweeper>();
    }
}
