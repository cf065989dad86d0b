using System.Diagnostics;
using System.Text;
using RLSquared.Language.Data;
using RLSquared.Language.Models;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Tests.Runs;

namespace RLSquared.Language.Tests.Files;

/// <summary>
/// 2,000 files of each kind that are nearly right. Each must be read, or be refused with one short sentence that names
/// it: in little time, in memory that its length justifies, and with no other exception.
/// </summary>
public sealed class MutatedFilesTests
{
    const int Count = 2000;

    static readonly TimeSpan mostTime = TimeSpan.FromSeconds(20);

    const string ByteLevel = """
        {"version": "1.0", "truncation": null, "added_tokens": [
          {"id": 9, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": true, "normalized": false,
           "special": true}, {"id": 10, "content": "<a>", "normalized": true}],
         "normalizer": {"type": "NFC"},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex":
            "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},
            "behavior": "Isolated", "invert": false},
           {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
         "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "<|end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "special_tokens": {"<|end|>": {"id": "<|end|>", "ids": [9], "tokens": ["<|end|>"]}}}]},
         "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "fuse_unk": false, "byte_fallback": false,
           "ignore_merges": true, "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġa": 4, "Ġab": 5, "c": 6, "d": 7,
            "cd": 8},
           "merges": ["a b", ["Ġ", "a"], "Ġ ab", "c d"]}}
        """;

    const string Sentencepiece = """
        {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
           {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
           {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
           "vocab": {"<unk>": 0, "<0x41>": 1, "▁": 2, "a": 3, "▁a": 4}, "merges": ["▁ a"]}}
        """;

    [Fact]
    public void Tokenizers() => ReadOrRefused(ByteLevel, bytes =>
    {
        var tokenizer = Tokenizer.Parse(bytes, "the file");
        tokenizer.Decode(tokenizer.Encode("ab cd <|end|> <a> 's é\u0301 😀 123"));
    });

    [Fact]
    public void Tokenizers_of_letters() => ReadOrRefused(Sentencepiece, bytes =>
    {
        var tokenizer = Tokenizer.Parse(bytes, "the file");
        tokenizer.Decode(tokenizer.Encode("a aa A é"));
    });

    [Fact]
    public void Configurations() => ReadOrRefused(ModelConfigurationFile.Write(ModelConfiguration.Small(64, 16, 2, 2,
        32) with
    {
        RopeScaling = new Llama3Rope(8, 1, 4, 8192),
        BeginToken = 1,
        EndTokens = [1, 2],
    }), bytes =>
    {
        ModelConfiguration model = ModelConfigurationFile.Parse(bytes, "the file");
        Assert.True(model.Layers > 200 || model.ParameterCount > 0);
        Assert.All(model.RotaryFrequencies(), one => Assert.True(double.IsFinite(one)));
        ModelConfigurationFile.Write(model);
    });

    [Fact]
    public void Generation_configurations() => ReadOrRefused(
        new GenerationConfiguration
        {
            EndTokens = [1, 2],
            TopK = 20,
            TopP = 0.9,
            Samples = true,
            MaximumNewTokens = 5
        }.Write(),
        bytes => GenerationConfiguration.Parse(bytes, "the file").Write());

    [Fact]
    public void Indices() => ReadOrRefused("""
        {"metadata": {"total_size": 988065824}, "weight_map": {"model.embed_tokens.weight": "model-00001.safetensors",
         "model.norm.weight": "model-00002.safetensors", "lm_head.weight": "model-00002.safetensors"}}
        """, bytes => WeightIndex.Parse(bytes, "the file"));

    [Fact]
    public void Adapters() => ReadOrRefused(
        new AdapterConfiguration
        {
            Rank = 16,
            Ranks = new Dictionary<string, int> { ["q_proj"] = 4 },
            BaseModel = "a/b"
        }.Write(),
        bytes => AdapterConfiguration.Parse(bytes, "the file").Write());

    [Fact]
    public void Examples_and_problems()
    {
        ReadOrRefused("""
            {"prompt": "2+2=", "completion": "4", "answer": 4}
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "é"}]}
            """, bytes => Assert.NotNull(Examples.Read(new MemoryStream(bytes), "the file").ToArray()));
        ReadOrRefused("""{"question": "How many?", "answer": "48/2 = <<48/2=24>>24\n#### 1,024"}""",
            bytes => Assert.NotNull(Gsm8kProblem.Read(new MemoryStream(bytes), "the file").ToArray()));
    }

    [Fact]
    public void Templates_are_rendered_or_say_what_is_wrong() => ReadOrRefused("""
        {%- if tools %}{{ tools | tojson(indent=2) }}{% endif -%}
        {% set ns = namespace(n=0) %}{% macro f(a, b='x') %}<{{ a ~ b }}>{% endmacro %}
        {% for m in messages[::-1] if m.role != 'tool' %}{% set ns.n = ns.n + loop.index0 * 2 %}
        {{ f(m.content.split('a')[-1].strip() | trim) }}{% if not loop.last %}, {% elif ns.n > 3 and m is mapping
         %}!{% endif %}
        {% else %}none{% endfor %}{{ ns.n // 2 }} {{ 'x' in 'xyz' and range(3)|list|join('-') }}
        """, bytes =>
        {
            string source = Encoding.UTF8.GetString(bytes);
            if (bytes.Length < 100_000)
                new ChatTemplate(source).Render([new("user", "banana"), new("assistant", "a")],
                    new()
                    {
                        Limits = new TemplateLimits
                        {
                            Steps = 100_000,
                            Output = 1 << 20,
                            Time = TimeSpan.FromSeconds(5)
                        }
                    });
        }, bytesPerByte: 4096, named: false);

    static void ReadOrRefused(string text, Action<byte[]> read, int bytesPerByte = 512, bool named = true)
    {
        byte[] file = Encoding.UTF8.GetBytes(text);
        read(file);
        var mutations = new FileMutations(seed: 20_24);
        (int good, int refused) = (0, 0);
        for (int i = 0; i < Count; i++)
        {
            byte[] mutated = mutations.Mutate(file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                read(mutated);
                good++;
            }
            catch (Exception refusal) when (refusal is InvalidDataException or TemplateException)
            {
                refused++;
                Assert.InRange(refusal.Message.Length, 1, 700);
                Assert.DoesNotContain('\n', refusal.Message);
                Assert.True(!named || refusal.Message.StartsWith("the file", StringComparison.Ordinal),
                    refusal.Message);
            }
            catch (Exception other) when (other is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"mutation {i}: {other.GetType().Name} {other}\n{Encoding.UTF8.GetString(mutated)}");
            }
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 16 * 1024 * 1024 + (long)bytesPerByte * mutated.Length,
                $"mutation {i} took {taken} bytes");
            Assert.True(watch.Elapsed < mostTime, $"mutation {i} took {watch.Elapsed}");
        }
        Assert.True(refused > Count / 4, $"{refused} of {Count} were refused");
        Assert.True(good > 0, "none was read");
    }
}
