using System.Text;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Language.Tests.Verifiers;

public sealed class EvaluateCallTests
{
    const string Info = """
        "question": "where?", "rubrics": ["Ada", "Bern", "Como", "Delft", "Essen"], "rubric_use_content": true,
        "rubric_use_reasoning_content": false, "dataset_name": "longtrace"
        """;

    static Task<EvaluateReply> Ask(string request, IJudge? judge = null) =>
        EvaluateCall.Answer(Encoding.UTF8.GetBytes(request), judge, TestContext.Current.CancellationToken);

    static Task<EvaluateReply> Ask(string response, double ratio, string info = Info) => Ask($$"""
        {"label": "Essen", "response": "{{response}}",
         "extra_reward_info": {"rubric_reward_ratio": {{ratio}}, {{info}} } }
        """);

    [Fact]
    public async Task Four_of_five_names_and_a_right_answer_are_worth_the_published_figure()
    {
        EvaluateReply reply = await Ask("<think>Como</think> Ada, Bern, Delft. ESSEN!", 0.3);
        Assert.Equal((1, 0.8f), (reply.Outcome, reply.Rubric));
        Assert.Equal(0.94f, reply.Reward, 1e-6);
    }

    [Fact]
    public async Task A_wrong_answer_keeps_its_rubric_for_whoever_trains_to_gate()
    {
        EvaluateReply reply = await Ask("Ada and Bern.", 0.5);
        Assert.Equal((0, 0.4f, 0.2f), (reply.Outcome, reply.Rubric, reply.Reward));
    }

    [Fact]
    public async Task A_share_of_nothing_asks_for_the_outcome_alone_and_one_of_all_for_the_rubric_alone()
    {
        Assert.Equal(new EvaluateReply(1, 0, 1), await Ask("Ada in Essen", 0));
        Assert.Equal(new EvaluateReply(0, 0.4f, 0.4f), await Ask("Ada in Essen", 1));
    }

    [Fact]
    public async Task Thoughts_count_for_the_rubric_only_where_the_request_says_so()
    {
        string both = Info.Replace("\"rubric_use_reasoning_content\": false", "\"rubric_use_reasoning_content\": true",
            StringComparison.Ordinal);
        Assert.Equal(0.2f, (await Ask("<think>Ada, Bern</think>Essen", 1)).Rubric, 1e-6);
        Assert.Equal(0.6f, (await Ask("<think>Ada, Bern</think>Essen", 1, both)).Rubric, 1e-6);
        Assert.Equal(0, (await Ask("<think>Essen</think>", 0)).Outcome);
    }

    [Fact]
    public async Task The_last_turn_of_a_history_is_the_answer_and_all_turns_count_for_the_rubric()
    {
        const string turns = """{"role": "user", "content": "Como"}, {"role": "assistant", "content": "Ada"}""";
        string Of(string history) => $$"""
            {"label": "Essen", "history": [{{history}}], "extra_reward_info": {"rubric_reward_ratio": 0.5, {{Info}} } }
            """;
        Assert.Equal(new EvaluateReply(1, 0.4f, 0.7f), await Ask(
            Of(turns + """, {"role": "tool", "content": "Bern"}, {"role": "assistant", "content": "Essen"}""")));
        Assert.Equal(default, await Ask(Of(turns + """, {"role": "user", "content": "Essen"}""")));
    }

    [Fact]
    public async Task Chunks_of_LongRLVR_are_those_of_the_last_list()
    {
        const string info = """ "rubrics": [3, 7], "dataset_name": "longrlvr" """;
        EvaluateReply reply = await Ask(
            "<useful_chunks><CHUNK_9></useful_chunks> Essen " +
            "<useful_chunks><CHUNK_3><chunk 03><CHUNK 5></useful_chunks>",
            0.3, info);
        // One of two chunks, and one of two that were named: P = R = F = 0.5.
        Assert.Equal((1, 0.5f), (reply.Outcome, reply.Rubric));
        Assert.Equal(1 + 0.3f * 0.5f + 0.7f * 0.5f, reply.Reward, 1e-6);
    }

    sealed class Verdict(int? score) : IJudge
    {
        public List<JudgeQuestion> Asked { get; } = [];

        public Task<IReadOnlyList<int?>> Score(
            IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
        {
            Asked.AddRange(questions);
            return Task.FromResult<IReadOnlyList<int?>>([.. questions.Select(_ => score)]);
        }
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    public async Task A_judge_that_approves_makes_the_answer_right(int score, float outcome)
    {
        var judge = new Verdict(score);
        EvaluateReply reply = await Ask($$"""
            {"label": 12, "response": "twelve", "extra_reward_info": {"rubric_reward_ratio": 0, {{Info}} } }
            """, judge);
        Assert.Equal(outcome, reply.Outcome);
        JudgeQuestion asked = Assert.Single(judge.Asked);
        Assert.Equal(("where?", "12", "twelve"), (asked.Problem, asked.Reference, asked.Text));
    }

    [Fact]
    public async Task A_judge_without_a_verdict_is_no_reward_of_zero() => Assert.Equal(
        "the judge gave no verdict; ask again", (await Assert.ThrowsAsync<IOException>(() => Ask(
            $$"""{"label": "a", "response": "b", "extra_reward_info": {"rubric_reward_ratio": 0, {{Info}} } }""",
            new Verdict(null)))).Message);

    [Theory]
    [InlineData("""{"label": "a", "response": "b"}""", "the request cannot be read: it lacks 'extra_reward_info'")]
    [InlineData("""{"label": "a", "extra_reward_info": {"rubric_reward_ratio": 0.3}}""",
        "the request cannot be read: it lacks 'response' and 'history'")]
    [InlineData("""{"label": "a", "response": "b", "extra_reward_info": {"rubric_reward_ratio": 3}}""",
        "the request cannot be read: 'extra_reward_info.rubric_reward_ratio' is not a number from 0 to 1")]
    [InlineData("""{"label": [], "response": "b", "extra_reward_info": {"rubric_reward_ratio": 0}}""",
        "the request cannot be read: 'label' is not a text")]
    [InlineData("nonsense", "the request cannot be read: it is no valid JSON")]
    public async Task A_request_that_is_wrong_is_refused_in_one_sentence(string request, string message) =>
        Assert.StartsWith(message, (await Assert.ThrowsAsync<InvalidDataException>(() => Ask(request))).Message);
}
