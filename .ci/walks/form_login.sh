# The walk of form_login.
. "$(dirname "$0")/said.sh"

answer=$(curl -s -X POST $url/signup -F name=John -F email=john@example.com -F password=password123 -w ' %{http_code}')
said '^Successfully registered. 201$'
answer=$(curl -s -X POST $url/signup -d name=John -d email=john@example.com -d password=password123 -w ' %{http_code}')
said '^User already exists. Please Log in. 202$'
answer=$(curl -s -i -X POST $url/login -d email=john@example.com)
said 'realm ="Login required !!"'
answer=$(curl -s -X POST $url/login -d email=john@example.com -d password=password123 -w ' %{http_code}')
said '201$'
token=$(member token)
answer=$(curl -s $url/user -H "x-access-token: $token")
said '"users":\[\{.*"email":"john@example.com"'
answer=$(curl -s $url/user -w ' %{http_code}')
said '"message":"Token is missing !!".* 401$'
end
