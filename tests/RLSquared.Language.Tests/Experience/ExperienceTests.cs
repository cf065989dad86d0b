using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Objectives;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Experience;

public sealed class ExperienceTests
{
    static readonly Tokenizer tokenizer =
        Tokenizer.Parse(CharacterTokenizer.Write("abcdefghijklmnopqrstuvwxyz:;!?", "<end>"));

    [Fact]
    public void Turns_of_policy_and_environment_make_one_record_whose_mask_tells_them_apart()
    {
        var trajectory = new Trajectory([5, 6]);
        trajectory.AddDrawn([1, 2], [-0.1f, -0.2f], version: 3);
        trajectory.AddGiven([7, 8, 9]);
        Assert.Equal([5, 6, 1, 2, 7, 8, 9], trajectory.Context());
        trajectory.AddDrawn([4], [-0.4f], version: 5);
        Completion record = trajectory.ToCompletion(ids => tokenizer.Decode(ids), null, 11, 12, isFinished: true);
        record.RequireWhole();
        Assert.Equal([1, 1, 0, 0, 0, 1], record.Mask);
        Assert.Equal([3, 3, 3, 3, 3, 5], record.Versions);
        Assert.Equal([0, 0, 0, 0, 0, 1], record.Segments);
        Assert.Equal([-0.1f, -0.2f, 0, 0, 0, -0.4f], record.LogProbs);
        Assert.Equal((11, 12), (record.GroupId, record.TrajectoryId));
        var sequence = TokenSequence.Of(record);
        Assert.Equal([0, 0, 1, 1, 0, 0, 0, 1], sequence.Mask);
        Assert.Equal(3, sequence.Learnt);
    }

    [Fact]
    public void Records_come_back_from_bytes_as_they_were()
    {
        Completion[] all =
        [
            new()
            {
                PromptTokens = [1, 2], Tokens = [3], Mask = [1], LogProbs = [-0.3f], Versions = [9], Segments = [2],
                Advantages = [0.25f], Prompt = "pröm", Text = "😀", IsFinished = false, GroupId = 4, TrajectoryId = 5,
                AnchorKey = "room", Reward = 0.5f,
                RewardParts = new Dictionary<string, float?> { ["a"] = 1, ["b"] = null },
                Columns = new Dictionary<string, JsonElement> { ["answer"] = JsonElement.Parse("[1, \"x\"]") },
            },
            new() { PromptTokens = [1] },
        ];
        List<Completion> back = CompletionBytes.Read(CompletionBytes.Write(all));
        Assert.Equal(CompletionBytes.Write(all), CompletionBytes.Write(back));
        Assert.Equal((0.5f, "room", "😀"), (back[0].Reward!.Value, back[0].AnchorKey, back[0].Text));
        Assert.Equal("[1, \"x\"]", back[0].Columns["answer"].GetRawText());
        Assert.Equal([1, null], back[0].RewardParts.Values);
        Assert.Null(back[1].Reward);
        Assert.Null(back[1].AnchorKey);
    }

    [Fact]
    public void Damaged_records_are_refused()
    {
        byte[] whole = CompletionBytes.Write([new() { Tokens = [1, 2], Text = "two" }]);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. whole[..random.Next(whole.Length)], .. whole[random.Next(whole.Length)..]];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                CompletionBytes.Read(damaged);
            }
            catch (InvalidDataException)
            {
            }
        }
        Assert.Throws<InvalidDataException>(() => CompletionBytes.Read([1, 2]));
    }

    [Fact]
    public void Of_a_prompt_and_its_completion_only_the_completion_is_learnt()
    {
        var sequence = TokenSequence.Of(tokenizer, new PromptExample("ab") { Completion = "c" }, endToken: 0);
        Assert.Equal([1, 2, 3, 0], sequence.Tokens);
        Assert.Equal([0, 0, 1, 1], sequence.Mask);
        Assert.Contains("nothing that could be learnt", Assert.Throws<InvalidDataException>(
            () => TokenSequence.Of(tokenizer, new PromptExample("ab"), null)).Message);
        Assert.Contains("nothing to begin with", Assert.Throws<InvalidDataException>(
            () => TokenSequence.Of(tokenizer, new PromptExample("") { Completion = "c" }, null)).Message);
        Assert.Contains("nothing stands before", Assert.Throws<ArgumentException>(
            () => new TokenSequence([1, 2], [1, 1])).Message);
    }

    [Theory]
    [InlineData("{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}" +
        "{% if add_generation_prompt %}a:{% endif %}", "!;?;")]
    [InlineData("{% for m in messages %}{{ m.role[0] }}:{% if m.role == 'assistant' %}{% generation %}{{ m.content }}" +
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %};{% endfor %}", "!?")]
    public void Of_a_conversation_what_the_assistant_says_is_learnt(string template, string learnt)
    {
        ChatMessage[] messages = [new("user", "hi"), new("assistant", "!"), new("user", "so"), new("assistant", "?")];
        var sequence = TokenSequence.Of(tokenizer, new ChatTemplate(template), messages);
        Assert.Equal("u:hi;a:!;u:so;a:?;", tokenizer.Decode([.. sequence.Tokens]));
        Assert.Equal(learnt, tokenizer.Decode([.. sequence.Tokens.Where((_, t) => sequence.Mask[t] == 1)]));
    }

    [Fact]
    public void A_template_that_rewrites_earlier_turns_cannot_tell_what_was_said()
    {
        var template = new ChatTemplate("{% for m in messages %}{% if loop.last or m.role == 'user' %}" +
            "{{ m.role[0] }}:{{ m.content }};{% endif %}{% endfor %}{% if add_generation_prompt %}a:{% endif %}");
        ChatMessage[] messages = [new("user", "hi"), new("assistant", "!"), new("user", "so"), new("assistant", "?")];
        Assert.Contains("writes the turns before turn", Assert.Throws<InvalidDataException>(
            () => TokenSequence.Of(tokenizer, template, messages)).Message);
        Assert.Contains("says nothing", Assert.Throws<InvalidDataException>(
            () => TokenSequence.Of(tokenizer, template, messages[..1])).Message);
    }

    [Fact]
    public void Pass_at_k_is_the_chance_that_one_of_k_drawn_is_right()
    {
        Assert.Equal(0, PassRate.AtK(8, 0, 4));
        Assert.Equal(1, PassRate.AtK(8, 5, 4));
        Assert.Equal(0.25, PassRate.AtK(8, 2, 1), 1e-12);
        // Of 4 completions 2 are right; of the 6 pairs one has none of them.
        Assert.Equal(5.0 / 6, PassRate.AtK(4, 2, 2), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => PassRate.AtK(4, 1, 5));
    }
}
