using System.Text;
using RLSquared.Language.Models;

namespace RLSquared.Language.Tests.Models;

public sealed class ModelConfigurationTests
{
    // hidden, intermediate, layers, heads, key-value heads, head size, vocabulary, tied → parameters, tensors, cache
    // bytes
    [Theory]
    [InlineData("qwen2", 896, 4864, 24, 14, 2, 64, 151936, true, 494_032_768, 290, 12_288)]
    [InlineData("qwen2", 1536, 8960, 28, 12, 2, 128, 151936, true, 1_543_714_304, 338, 28_672)]
    [InlineData("qwen2", 3584, 18944, 28, 28, 4, 128, 152064, false, 7_615_616_512, 339, 57_344)]
    [InlineData("qwen3", 1024, 3072, 28, 16, 8, 128, 151936, true, 596_049_920, 310, 114_688)]
    [InlineData("qwen3", 2048, 6144, 28, 16, 8, 128, 151936, true, 1_720_574_976, 310, 114_688)]
    [InlineData("qwen3", 2560, 9728, 36, 32, 8, 128, 151936, true, 4_022_468_096, 398, 147_456)]
    [InlineData("qwen3", 4096, 12288, 36, 32, 8, 128, 151936, false, 8_190_735_360, 399, 147_456)]
    [InlineData("llama", 2048, 8192, 16, 32, 8, 64, 128256, true, 1_235_814_400, 146, 32_768)]
    [InlineData("llama", 3072, 8192, 28, 24, 8, 128, 128256, true, 3_212_749_824, 254, 114_688)]
    [InlineData("llama", 4096, 14336, 32, 32, 8, 128, 128256, false, 8_030_261_248, 291, 131_072)]
    public void Parameters_tensors_and_cache_are_those_of_the_published_models(
        string type, int hidden, int intermediate, int layers, int heads, int keyValueHeads, int headSize,
            int vocabulary,
        bool isTied, long parameters, int tensors, long cache)
    {
        ModelConfiguration model = Parse($$"""
            {"model_type": "{{type}}", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
             "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
              "num_key_value_heads": {{keyValueHeads}},
             "head_dim": {{headSize}}, "vocab_size": {{vocabulary}},
              "tie_word_embeddings": {{(isTied ? "true" : "false")}}}
            """);
        Assert.Equal((parameters, tensors, cache),
            (model.ParameterCount, model.TensorCount, model.CacheBytesPerToken(2)));
        string written = ModelConfigurationFile.Write(model);
        Assert.Equal(written, ModelConfigurationFile.Write(Parse(written)));
    }

    [Fact]
    public void Adapters_on_all_projections_have_the_known_sizes()
    {
        var adapter = new AdapterConfiguration { Rank = 16 };
        foreach ((ModelConfiguration model, double millions) in ((ModelConfiguration, double)[])
        [
            (Qwen(ModelFamily.Qwen2, 896, 4864, 24, 14, 2, 64), 8.80),
            (Qwen(ModelFamily.Qwen2, 1536, 8960, 28, 12, 2, 128), 18.5),
            (Qwen(ModelFamily.Qwen3, 1024, 3072, 28, 16, 8, 128), 10.1),
        ])
            Assert.Equal(millions, adapter.Tensors(model).Sum(one => (double)one.Shape[0] * one.Shape[1]) / 1e6, 0.05);

        static ModelConfiguration Qwen(ModelFamily family, int hidden, int intermediate, int layers, int heads, int kv,
            int size) =>
            new()
            {
                Family = family,
                Hidden = hidden,
                Intermediate = intermediate,
                Layers = layers,
                Heads = heads,
                KeyValueHeads = kv,
                HeadSize = size,
                Vocabulary = 151936,
                MaximumPositions = 32768,
            };
    }

    [Fact]
    public void Llama_3_scales_its_positions_by_the_golden_values()
    {
        double[] small = Llama(64, 32), large = Llama(128, 8), plain = Llama(64, null), wide = Llama(128, null);
        Assert.Equal(plain[..15], small[..15]);
        Equal(1.290548e-3, small[15]);
        Equal(4.295568e-4, small[16]);
        Equal(9.708288e-5, small[17]);
        for (int i = 18; i < 32; i++)
            Assert.Equal(plain[i] / 32, small[i], 1e-15);
        Equal(9.418307e-8, small[^1]);

        Assert.Equal(wide[..29], large[..29]);
        Equal(2.166571e-3, large[29]);
        Equal(1.785078e-4, large[34]);
        for (int i = 35; i < 64; i++)
            Assert.Equal(wide[i] / 8, large[i], 1e-15);
        Equal(3.068926e-7, large[^1]);

        static void Equal(double wanted, double found) => Assert.Equal(1, found / wanted, 1e-6);

        static double[] Llama(int headSize, double? factor) => (ModelConfiguration.Small(8, headSize, 1, 1, 8) with
        {
            RopeTheta = 500_000,
            RopeScaling = factor is { } by ? new Llama3Rope(by, 1, 4, 8192) : null,
        }).RotaryFrequencies();
    }

    [Fact]
    public void Yarn_keeps_fast_waves_divides_slow_ones_and_raises_attention()
    {
        var yarn = new YarnRope(4, 32768);
        Assert.Equal(1.1386, yarn.AttentionFactor, 1e-4);
        double[] plain = [.. Enumerable.Range(0, 64).Select(i => Math.Pow(1e6, -i / 64.0))], scaled = [.. plain];
        yarn.Scale(scaled, 1e6);
        Assert.Equal(plain[0], scaled[0]);
        Assert.Equal(plain[^1] / 4, scaled[^1], 1e-15);
        Assert.All(plain.Zip(scaled), two => Assert.InRange(two.Second, two.First / 4 - 1e-15, two.First + 1e-15));
    }

    [Fact]
    public void New_and_old_ways_of_writing_mean_the_same()
    {
        const string rest = """
            "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 4, "vocab_size": 100, "eos_token_id": [1, 2]
            """;
        ModelConfiguration old = Parse($$"""
            {{{rest}}, "torch_dtype": "bfloat16", "rope_theta": 500000, "rope_scaling": {"type": "linear",
             "factor": 2} }
            """);
        ModelConfiguration now = Parse($$"""
            {{{rest}}, "dtype": "bfloat16", "rope_parameters": {"rope_type": "linear", "factor": 2,
             "rope_theta": 500000} }
            """);
        Assert.Equal(ModelConfigurationFile.Write(old), ModelConfigurationFile.Write(now));
        Assert.Equal((16, 4, 500_000.0, WeightType.BFloat16), (old.HeadSize, old.KeyValueHeads, old.RopeTheta,
            old.WeightType));
        Assert.Equal([1, 2], old.EndTokens);
        Assert.Equal(new LinearRope(2), now.RopeScaling);
    }

    [Theory]
    [InlineData("\"architectures\": [\"MambaForCausalLM\"]", "'architectures' is 'MambaForCausalLM'")]
    [InlineData("\"model_type\": \"gpt2\"", "'model_type' is 'gpt2'")]
    [InlineData("\"model_type\": \"llama\", \"hidden_act\": \"gelu\"", "'hidden_act' is 'gelu'")]
    [InlineData("\"model_type\": \"llama\", \"num_key_value_heads\": 3", "do not divide")]
    [InlineData("\"model_type\": \"llama\", \"rope_scaling\": {\"type\": \"longrope\"}", "type 'longrope'")]
    [InlineData("\"model_type\": \"llama\", \"eos_token_id\": 100",
        "'eos_token_id' is not a whole number from 0 to 99")]
    public void What_another_network_would_be_is_refused_by_name(string member, string message)
    {
        var failure = Assert.Throws<InvalidDataException>(() => Parse($$"""
            {{{member}}, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
             "vocab_size": 100}
            """));
        Assert.Contains(message, failure.Message);
    }

    [JudgedFact("shared:models/stories260K")]
    public void Stories260K_is_a_Llama_with_its_tensors()
    {
        string folder = Judges.Find("shared:models/stories260K")!;
        ModelConfiguration model = ModelConfigurationFile.Load(folder);
        Assert.Equal((ModelFamily.Llama, 64, 5, 8, 4, 8, 512, true),
            (model.Family, model.Hidden, model.Layers, model.Heads, model.KeyValueHeads, model.HeadSize,
                model.Vocabulary,
            model.TiesEmbeddings));
        using var weights = RLSquared.Tensors.Files.SafetensorsReader.Open(Path.Combine(folder, "model.safetensors"));
        Assert.Equal(model.Tensors().Select(one => one.Name).Order(), weights.Entries.Select(one => one.Name).Order());
        Assert.Equal([1, 2], GenerationConfiguration.Load(folder).EndTokens);
        Assert.Null(WeightIndex.Find(folder).Tensors);
    }

    [Fact]
    public void Indices_name_files_beside_them_and_what_the_model_has()
    {
        ModelConfiguration model = ModelConfiguration.Small(16, 8, 1, 2, 8);
        string map = string.Join(", ", model.Tensors().Select(one => $"\"{one.Name}\": \"a.safetensors\""));
        var index = WeightIndex.Parse(Bytes($$$"""{"metadata": {"total_size": 12.0}, "weight_map": {{{{map}}}} }"""));
        Assert.Equal(12, index.TotalBytes);
        Assert.Equal(["a.safetensors"], index.Files);
        index.Require(model);
        var failure = Assert.Throws<InvalidDataException>(() => index.Require(model with { TiesEmbeddings = false }));
        Assert.Contains("lacks the tensor 'lm_head.weight'", failure.Message);
        Assert.Contains("no place for", Assert.Throws<InvalidDataException>(() =>
            WeightIndex.Parse(Bytes($$"""{"weight_map": { {{map}}, "strange": "b.safetensors"} }""")).Require(
                model)).Message);
        foreach (string name in (string[])["../a.safetensors", "/a.safetensors", "a.bin", "c:a.safetensors"])
        {
            Assert.Throws<InvalidDataException>(() =>
                WeightIndex.Parse(Bytes($$"""{"weight_map": {"x": "{{name}}"} }""")));
        }
    }

    [Fact]
    public void Adapters_are_read_written_and_scaled()
    {
        var adapter = AdapterConfiguration.Parse(Bytes("""
            {"peft_type": "LORA", "target_modules": ["q_proj", "v_proj"], "r": 16, "lora_alpha": 32, "use_rslora": true,
             "rank_pattern": {"layers.0.self_attn.q_proj": 4}}
            """));
        Assert.True(adapter.Targets("model.layers.3.self_attn.v_proj"));
        Assert.False(adapter.Targets("model.layers.3.self_attn.k_proj"));
        Assert.Equal(32 / 4.0, adapter.ScaleOf("model.layers.1.self_attn.q_proj"));
        Assert.Equal(32 / 2.0, adapter.ScaleOf("model.layers.0.self_attn.q_proj"));
        Assert.Equal(adapter.Write(), AdapterConfiguration.Parse(Bytes(adapter.Write())).Write());
        Assert.Equal(("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 4),
            adapter.Tensors(ModelConfiguration.Small(16, 8, 2, 2, 8)).Select(one => (one.Name, one.Shape[0])).First());
        var pattern = AdapterConfiguration.Parse(
            Bytes("""{"peft_type": "LORA", "target_modules": ".*\\.(q|k)_proj"}"""));
        Assert.True(pattern.Targets("model.layers.0.self_attn.k_proj"));
        Assert.False(pattern.Targets("model.layers.0.self_attn.v_proj"));
        Assert.Contains("'peft_type' is 'IA3'", Assert.Throws<InvalidDataException>(() =>
            AdapterConfiguration.Parse(Bytes("""{"peft_type": "IA3", "target_modules": []}"""))).Message);
    }

    [Fact]
    public void Generation_configurations_go_and_come_back()
    {
        var qwen = GenerationConfiguration.Parse(Bytes("""
            {"eos_token_id": [151645, 151643], "pad_token_id": 151643, "do_sample": true, "temperature": 0.6,
             "top_k": 20,
             "top_p": 0.95, "transformers_version": "4.51.0"}
            """));
        Assert.Equal((0.6, 20, 0.95, true), (qwen.Temperature, qwen.TopK, qwen.TopP, qwen.Samples));
        Assert.Equal(qwen.Write(), GenerationConfiguration.Parse(Bytes(qwen.Write())).Write());
        Assert.Equal([7], GenerationConfiguration.Parse(Bytes("""{"eos_token_id": 7}""")).EndTokens);
    }

    static ModelConfiguration Parse(string json) => ModelConfigurationFile.Parse(Bytes(json));

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
