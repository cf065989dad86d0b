using System.Text;
using System.Text.Json;
using RLSquared.Language.Environments;

namespace RLSquared.Language.Tests.Environments;

public sealed class OpenEnvSessionTests
{
    readonly OpenEnvSession session = new(new CorridorTask(), () => 1);

    JsonElement Ask(string message) =>
        JsonDocument.Parse(session.Answer(Encoding.UTF8.GetBytes(message))!).RootElement;

    static (string? Text, double? Reward, bool Done) Of(JsonElement answer)
    {
        Assert.Equal("observation", answer.GetProperty("type").GetString());
        JsonElement data = answer.GetProperty("data"), reward = data.GetProperty("reward");
        return (data.GetProperty("observation").GetProperty("text").GetString(),
            reward.ValueKind == JsonValueKind.Null ? null : Math.Round(reward.GetDouble(), 4),
            data.GetProperty("done").GetBoolean());
    }

    JsonElement Step(string action) => Ask($$"""{"type": "step", "data": {"message": "{{action}}"} }""");

    [Fact]
    public void A_play_goes_from_a_reset_to_its_end()
    {
        Assert.Equal(("__P__R", null, false), Of(Ask("""{"type": "reset", "data": {"seed": 2}}""")));
        Assert.Equal(("___P_R", -0.1, false), Of(Step("right")));
        JsonElement last = Step("right");
        Assert.Equal(("____PR", 0.9, true), Of(last));
        Assert.True(last.GetProperty("data").GetProperty("observation").GetProperty("is_solved").GetBoolean());
        Assert.Equal("EXECUTION_ERROR", Code(Step("right")));
        // The same session begins anew.
        Assert.Equal(("__P__L", null, false), Of(Ask("""{"type": "reset", "data": {"seed": 3}}""")));
    }

    [Fact]
    public void A_reset_without_a_seed_takes_a_level_that_the_server_draws() =>
        Assert.Equal("__P__L", Of(Ask("""{"type": "reset"}""")).Text);

    [Fact]
    public void The_state_names_the_episode_and_counts_its_steps()
    {
        Ask("""{"type": "reset", "data": {"seed": 2, "episode_id": "x"}}""");
        Step("left");
        JsonElement state = Ask("""{"type": "state"}""");
        Assert.Equal("state", state.GetProperty("type").GetString());
        Assert.Equal(("x", 1, "corridor"), (state.GetProperty("data").GetProperty("episode_id").GetString(),
            state.GetProperty("data").GetProperty("step_count").GetInt32(),
            state.GetProperty("data").GetProperty("task").GetString()));
        Ask("""{"type": "reset", "data": {"seed": 2}}""");
        state = Ask("""{"type": "state"}""").GetProperty("data");
        Assert.Equal((JsonValueKind.Null, 0),
            (state.GetProperty("episode_id").ValueKind, state.GetProperty("step_count").GetInt32()));
    }

    [Fact]
    public void A_play_that_has_used_its_steps_is_done_and_not_solved()
    {
        Ask("""{"type": "reset", "data": {"seed": 2}}""");
        JsonElement last = default;
        for (int step = 0; step < 6; step++)
            last = Step(step % 2 == 0 ? "left" : "right");
        Assert.Equal(("__P__R", -0.1, true), Of(last));
        Assert.False(last.GetProperty("data").GetProperty("observation").GetProperty("is_solved").GetBoolean());
    }

    [Fact]
    public void Text_that_is_no_action_says_so_and_the_actions_are_listed()
    {
        Ask("""{"type": "reset", "data": {"seed": 2}}""");
        JsonElement seen = Step("fly").GetProperty("data").GetProperty("observation");
        Assert.False(seen.GetProperty("is_valid").GetBoolean());
        Assert.Equal(["left", "right"],
            seen.GetProperty("admissible_actions").EnumerateArray().Select(one => one.GetString()!));
    }

    [Theory]
    [InlineData("nonsense", "INVALID_JSON", "the message cannot be read: it is no valid JSON")]
    [InlineData("""{"type": "dance"}""", "UNKNOWN_TYPE", "there is no message of type 'dance'")]
    [InlineData("""{"data": {}}""", "VALIDATION_ERROR", "the message cannot be read: it lacks 'type'")]
    [InlineData("""{"type": "step", "data": {"action": "left"}}""", "VALIDATION_ERROR",
        "the message cannot be read: 'data' lacks 'message'")]
    [InlineData("""{"type": "reset", "data": {"seed": -1}}""", "VALIDATION_ERROR",
        "the message cannot be read: 'data.seed' is not a whole number from 0 to 2147483647")]
    [InlineData("""{"type": "step", "data": {"message": "left"}}""", "EXECUTION_ERROR",
        "the environment has not begun; send a reset first")]
    public void What_is_wrong_is_told_and_the_session_goes_on(string message, string code, string says)
    {
        JsonElement error = Ask(message);
        Assert.Equal(code, Code(error));
        Assert.StartsWith(says, error.GetProperty("data").GetProperty("message").GetString());
        Assert.Equal("__P__R", Of(Ask("""{"type": "reset", "data": {"seed": 2}}""")).Text);
    }

    [Fact]
    public void A_close_has_no_answer() => Assert.Null(session.Answer("""{"type": "close"}"""u8.ToArray()));

    [Fact]
    public async Task An_address_that_is_none_is_refused_in_one_sentence() => Assert.Equal(
        "the address of an environment is such as http://127.0.0.1:8001, but is 'ftp://x'",
        (await Assert.ThrowsAsync<OptionException>(() => OpenEnvClient.Connect(
            "ftp://x", cancellation: TestContext.Current.CancellationToken))).Message);

    static string? Code(JsonElement error)
    {
        Assert.Equal("error", error.GetProperty("type").GetString());
        return error.GetProperty("data").GetProperty("code").GetString();
    }
}
