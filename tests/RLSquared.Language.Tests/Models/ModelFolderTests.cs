using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tests.Runs;

namespace RLSquared.Language.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("llama", long.MaxValue, 1)]
    [InlineData("qwen3", 8_000, 7)]
    public void A_model_is_written_and_read_in_one_file_or_many_with_every_bit(
        string name, long bytesPerFile, int least)
    {
        using LanguageModel model = SmallModels.Create(name);
        model.Save(folder, bytesPerFile);
        Assert.InRange(Directory.GetFiles(folder, "*.safetensors").Length, least, 100);
        Assert.Equal(least > 1, File.Exists(Path.Combine(folder, "model.safetensors.index.json")));
        using LanguageModel read = LanguageModel.Load(folder);
        Assert.Equal(model.Configuration.Tensors(), read.Configuration.Tensors(), (a, b) => a.Name == b.Name);
        foreach ((Parameter own, Parameter its) in model.Parameters.All.Zip(read.Parameters.All))
            Assert.Equal(own.Value.ToArray(), its.Value.ToArray());
    }

    [Theory]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Weights_of_16_bits_are_read(string type)
    {
        ModelConfiguration configuration = SmallModels.Configuration("llama3");
        var header = new StringBuilder("{");
        List<byte> numbers = [];
        foreach ((string name, int[] shape) in configuration.Tensors())
        {
            int count = shape.Aggregate(1, (a, b) => a * b), start = numbers.Count;
            for (int i = 0; i < count; i++)
            {
                float number = (i % 7 - 3) / 4f;                        // exact in both
                ushort bits = type == "F16" ? BitConverter.HalfToUInt16Bits((Half)number)
                    : (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16);
                numbers.AddRange([(byte)bits, (byte)(bits >> 8)]);
            }
            header.Append(header.Length > 1 ? "," : "").Append($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[")
                .AppendJoin(',', shape).Append($"],\"data_offsets\":[{start},{numbers.Count}]}}");
        }
        Write(Encoding.UTF8.GetBytes(header.Append('}').ToString()), [.. numbers]);
        File.WriteAllText(Path.Combine(folder, "config.json"), ModelConfigurationFile.Write(configuration));
        using LanguageModel model = LanguageModel.Load(folder);
        foreach (Parameter parameter in model.Parameters.All)
            Assert.Equal(parameter.Value.ToArray().Select((_, i) => (i % 7 - 3) / 4f), parameter.Value.ToArray());
    }

    [Theory]
    [InlineData(WeightType.BFloat16, "bfloat16", 1 / 256f)]
    [InlineData(WeightType.Float16, "float16", 1 / 2048f)]
    public void Weights_are_written_in_16_bits_rounded_to_the_nearest(WeightType type, string name, float most)
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        float[] odd = [1 + 1 / 256f, 1 + 3 / 256f, -1 - 1 / 256f, float.NegativeZero, 0.1f];
        Parameter first = model.Parameters.All[0];
        first.Value.CopyFrom([.. odd.Concat(first.Value.ToArray().Skip(odd.Length))]);
        model.Save(folder, bytesPerFile: 8_000, weights: type);
        Assert.Contains($"\"torch_dtype\": \"{name}\"", File.ReadAllText(Path.Combine(folder, "config.json")));
        Assert.Contains($"\"total_size\": {2 * model.Configuration.ParameterCount}",
            File.ReadAllText(Path.Combine(folder, "model.safetensors.index.json")));
        using LanguageModel read = LanguageModel.Load(folder);
        foreach ((Parameter own, Parameter its) in model.Parameters.All.Zip(read.Parameters.All))
        {
            float[] wanted = own.Value.ToArray(), found = its.Value.ToArray();
            for (int i = 0; i < wanted.Length; i++)
                Assert.Equal(wanted[i], found[i], most * Math.Abs(wanted[i]) + 1e-7);
        }
        // Halves go to the even neighbour in bfloat16, which has seven bits behind the one.
        if (type == WeightType.BFloat16)
            Assert.Equal([1, 1 + 4 / 256f, -1, 0], read.Parameters.All[0].Value.ToArray()[..4]);
        read.Save(folder, weights: type);
        using LanguageModel again = LanguageModel.Load(folder);
        Assert.Equal(read.Parameters.All[0].Value.ToArray(), again.Parameters.All[0].Value.ToArray());
    }

    [Fact]
    public void A_weight_that_a_type_cannot_hold_is_refused()
    {
        using LanguageModel model = SmallModels.Create("llama");
        model.Parameters.All[0].SetAll(7e4f);
        Assert.Equal("'model.embed_tokens.weight' holds 7e+04, which F16 cannot; write it as F32",
            Assert.Throws<InvalidDataException>(() => model.Save(folder, weights: WeightType.Float16)).Message);
        model.Save(folder, weights: WeightType.BFloat16);
    }

    [Fact]
    public void A_folder_that_does_not_fit_its_configuration_is_refused_in_one_sentence()
    {
        Assert.Throws<DirectoryNotFoundException>(() => LanguageModel.Load(Path.Combine(folder, "none")));
        using LanguageModel model = SmallModels.Create("llama");
        model.Save(folder);
        string config = Path.Combine(folder, "config.json"), text = File.ReadAllText(config);
        Assert.EndsWith("'model.embed_tokens.weight' is [37, 24], and the configuration wants [38, 24]",
            Refusal(text.Replace("\"vocab_size\": 37", "\"vocab_size\": 38")));
        Assert.EndsWith("it lacks the tensor 'model.layers.2.input_layernorm.weight', which the configuration wants",
            Refusal(text.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")));
        Assert.Contains("'GPT2LMHeadModel'; LlamaForCausalLM", Refusal(text.Replace("LlamaFor", "GPT2LMHeadModel")
            .Replace("GPT2LMHeadModelCausalLM", "GPT2LMHeadModel")));
        model.Parameters.All[3].Value.CopyFrom(
            [.. model.Parameters.All[3].Value.ToArray().Select((number, i) => i == 1 ? float.NaN : number)]);
        model.Save(folder);
        Assert.EndsWith("its weights hold what is no finite number", Refusal(text));

        string Refusal(string configuration)
        {
            File.WriteAllText(config, configuration);
            return Assert.Throws<InvalidDataException>(() => LanguageModel.Load(folder)).Message;
        }
    }

    [Fact]
    public void Two_thousand_damaged_folders_are_read_or_refused_in_one_sentence()
    {
        ModelConfiguration tiny = ModelConfiguration.Small(5, 4, 1, 1, 8);
        using (LanguageModel model = LanguageModel.Create(tiny, 1))
            model.Save(folder, 200);
        string[] files = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];
        Assert.True(files.Length > 4);
        byte[][] whole = [.. files.Select(File.ReadAllBytes)];
        var mutations = new FileMutations(seed: 20_26);
        int good = 0, refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            int which = i % files.Length;
            File.WriteAllBytes(files[which], mutations.Mutate(whole[which]));
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                LanguageModel.Load(folder).Dispose();
                good++;
            }
            catch (InvalidDataException refusal)
            {
                refused++;
                Assert.InRange(refusal.Message.Length, 1, 700);
                Assert.DoesNotContain('\n', refusal.Message);
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 << 20, $"mutation {i} took much memory");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"mutation {i} took {watch.Elapsed}");
            File.WriteAllBytes(files[which], whole[which]);
        }
        Assert.True(refused > 500, $"{refused} were refused");
        Assert.True(good > 0, "none was read");
    }

    void Write(byte[] header, byte[] numbers)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), [.. length, .. header, .. numbers]);
    }
}
