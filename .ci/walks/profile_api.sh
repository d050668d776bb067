# The walk of profile_api.
. "$(dirname "$0")/said.sh"

answer=$(curl -s $url/)
said '^\{"message":"Welcome to Flask REST API"\}'
answer=$(curl -s -X POST $url/api/register -H "Content-Type: application/json" -d '{"name":"John Doe","email":"john@example.com","password":"password123"}' -w ' %{http_code}')
said '^\{"message":"User created successfully"\} *201$'
answer=$(curl -s -X POST $url/api/register -H "Content-Type: application/json" -d '{"name":"John Doe","email":"john@example.com","password":"password123"}' -w ' %{http_code}')
said '^\{"message":"User already exists"\} *400$'
answer=$(curl -s -X POST $url/api/login -H "Content-Type: application/json" -d '{"email":"john@example.com","password":"password123"}')
said '"message":"Login successful"'
token=$(member token)
answer=$(curl -s $url/api/protected -H "Authorization: Bearer $token")
said '"message":"Welcome John Doe!"'
answer=$(curl -s $url/api/users/profile -H "Authorization: Bearer $token")
said '"email":"john@example.com"'
answer=$(curl -s -X PUT $url/api/users/profile -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{"name":"John Smith"}')
said '^\{"message":"Profile updated successfully"\}'
answer=$(curl -s $url/api/users/profile -H "Authorization: Bearer $token")
said '"name":"John Smith"'
answer=$(curl -s $url/api/protected -w ' %{http_code}')
said '^\{"message":"Token is missing!"\} *401$'
end
