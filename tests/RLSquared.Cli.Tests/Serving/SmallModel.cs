using System.Text.Json;
using RLSquared.Cli.Serving;
using RLSquared.Language.Models;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests.Serving;

/// <summary>A language model of a few thousand random weights whose tokens are letters, in a new folder.</summary>
static class SmallModel
{
    public const string Letters = "abcdefghijklmnopqrstuvwxyz .,:|é";

    /// <summary>Writes the folder.</summary>
    /// <param name="positions">The context.</param>
    /// <param name="chats">Whether it has a chat template.</param>
    public static string Write(int positions = 64, bool chats = true)
    {
        string folder = TemporaryFolder.Make();
        string[] tokens = ["<end>", .. Letters.Select(letter => letter.ToString())];
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = "1.0",
            added_tokens = new[]
            {
                new
                {
                    id = 0,
                    content = "<end>",
                    single_word = false,
                    lstrip = false,
                    rstrip = false,
                    normalized = false,
                    special = true,
                },
            },
            decoder = new { type = "Fuse" },
            model = new
            {
                type = "BPE",
                vocab = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id),
                merges = Array.Empty<string>(),
            },
        }));
        if (chats)
        {
            File.WriteAllText(Path.Combine(folder, "chat_template.jinja"),
                "{% for message in messages %}{% if message.role == 'judge' %}{{ raise_exception('no judges') }}" +
                "{% endif %}{{ message.role[0] }}: {{ message.content }}|{% endfor %}a: ");
        }
        ModelConfiguration small = ModelConfiguration.Small(tokens.Length, hidden: 16, layers: 2, heads: 2, positions);
        small = small with { EndTokens = [0], InitialDeviation = 0.3 };
        using LanguageModel model = LanguageModel.Create(small, seed: 5);
        model.Save(folder);
        return folder;
    }

    public static ServedModel Open(int positions = 64, bool chats = true) =>
        ServedModel.Open(new Catalogues(), Write(positions, chats));
}
